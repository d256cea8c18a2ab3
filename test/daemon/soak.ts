// "node bin/node.js test/daemon/soak.ts [SECONDS]": the daemon, as it is installed, on the four emulated providers at one
// pass a second each, with edits, faults, reloads, edits by hand, backups, requests and a reader of another user. Fails where
// a pass was missed or doubled, memory or handles grew, a reader was refused, or the directory is not sound at the end.
import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { everyProvider, type Provider, sourcesOf } from '../emulators/all.ts';
import { status } from '../emulators/faults.ts';
import { randomFrom } from '../emulators/random.ts';

const seconds = Number(process.argv[2] ?? 60);
const root = fileURLToPath(new URL('../..', import.meta.url));
const main = join(root, 'dist', 'src', 'main.js');
const folder = mkdtempSync(join(tmpdir(), 'rosterd-soak-'));
chmodSync(folder, 0o755);
const directory = join(folder, 'directory.db');
const random = randomFrom('soak');
const say = (text: string) => process.stdout.write(`${text}\n`);
const problems: string[] = [];

execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'], {
  cwd: root,
});

const providers: (Provider & { source: string })[] = [];
for (const open of everyProvider) {
  const provider = await open(folder);
  providers.push({ ...provider, source: provider.type });
}
// There are four.
const all = providers as unknown as [(typeof providers)[number], ...typeof providers];
let title = 'user.title';
function configure(): void {
  const rules = (type: string) =>
    `    users: { attributes: { userName: 'user.userName.localPart() + "@${type}"', title: ${title} } }\n    groups: { attributes: { name: '"${type} " + group.name' } }\n    limits: { deactivate: 100%, disable: 100%, removeMembers: 100%, removeGroups: 100% }\n`;
  const sources = sourcesOf(folder, providers).replaceAll(/ {4}type: (.+)\n/g, (line, type) => line + rules(type));
  const head = [
    ...['directory: ./directory.db', 'schedule: "* * * * * *"', 'log: { level: debug, format: json }'],
    'backups: { dir: ./backups, keep: 3, schedule: "*/20 * * * * *" }',
    `localGroups: [{ name: everybody, members: 'user.email != "nobody"' }]`,
  ];
  writeFileSync(join(folder, 'config.yaml'), `${head.join('\n')}\n${sources}`);
}
configure();

const daemon = spawn(process.execPath, [main, '--config', join(folder, 'config.yaml')], {
  stdio: ['ignore', 'ignore', 'pipe'],
});
let log = '';
daemon.stderr.setEncoding('utf8').on('data', (text: string) => {
  log += text;
});
const over = new Promise<number | null>((resolve) => daemon.on('exit', resolve));
const cli = (...args: string[]) =>
  new Promise<{ code: number | null; text: string }>((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('close', (code) => resolve({ code, text }));
  });

/** A reader without write rights, of another user in the file's group where this runs as root. */
const reader = spawn(process.execPath, [fileURLToPath(new URL('soak-reader.ts', import.meta.url)), directory], {
  stdio: ['pipe', 'pipe', 'inherit'],
  ...(process.getuid?.() === 0 ? { uid: 65534, gid: process.getgid?.() ?? 0 } : {}),
});
let read = '';
reader.stdout.on('data', (chunk: Buffer) => (read += chunk.toString()));

interface Sample {
  rss: number;
  handles: number;
  size: number;
}
const samples: Sample[] = [];
function sample(): void {
  const statm = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${daemon.pid}/status`, 'utf8'))?.[1];
  const handles = readdirSync(`/proc/${daemon.pid}/fd`).length;
  samples.push({ rss: Number(statm) / 1024, handles, size: statSync(directory).size });
}

const hired = new Map<Provider, string[]>(providers.map((provider) => [provider, []]));
let count = 0;
function edit(): void {
  const provider = random.pick(all);
  const names = hired.get(provider) ?? [];
  const some = names.length > 0 ? random.pick(names as [string, ...string[]]) : null;
  const what = Math.floor(random.next() * 6);
  if (some === null || what === 0 || names.length < 3) {
    const name = `soak.${++count}`;
    provider.hire(name);
    names.push(name);
  } else if (what === 1 && names.length > 5) {
    provider.dismiss(some);
    names.splice(names.indexOf(some), 1);
  } else if (what === 2) provider.enable(some, random.next() < 0.7);
  else if (what === 3) provider.move(some, true);
  else provider.promote(some, `Title ${++count}`);
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const began = Date.now();
let refused = 0;
let asked = 0;
const byHand: string[] = [];
while (!log.includes(' runs"')) {
  if (daemon.exitCode !== null) throw new Error(`the daemon did not start: ${log}`);
  await wait(50);
}
// Passes begin with a second: at other moments, fewer run.
const sampling = setInterval(sample, 137);
for (let tick = 1; tick <= seconds; tick++) {
  await wait(Math.max(0, began + tick * 1000 - Date.now()));
  edit();
  if (tick % 7 === 0) random.pick(all).faults.when({ times: 2 }, status(503, { retryAfter: 1 }));
  if (tick % 7 === 4 && tick % 45 !== 10) {
    title = title === 'user.title' ? 'user.title.upperAscii()' : 'user.title';
    configure();
    // At any moment of a second: some meet a time in its random delay.
    setTimeout(() => daemon.kill('SIGHUP'), random.next() * 900);
  }
  if (tick % 45 === 10) {
    writeFileSync(join(folder, 'config.yaml'), 'directry: x\n');
    daemon.kill('SIGHUP');
    await wait(300);
    configure();
    daemon.kill('SIGHUP');
    refused++;
  }
  if (tick % 12 === 3) {
    const name = `hand.${tick}`;
    void cli('user', 'add', name, '--reason', 'soak').then(({ code, text }) => {
      if (code === 0) byHand.push(name);
      else problems.push(`user add ended with ${code}: ${text}`);
    });
  }
  if (tick % 10 === 6) {
    asked++;
    void cli('sync', random.pick(all).source).then(({ code, text }) => {
      if (code !== 0 && !/503|cancelled/.test(text)) problems.push(`sync ended with ${code}: ${text}`);
    });
  }
}
clearInterval(sampling);
daemon.kill('SIGTERM');
const code = await over;
if (code !== 0) problems.push(`the daemon ended with ${code}`);
await wait(500);
reader.stdin.end();
await new Promise((resolve) => reader.on('close', resolve));
for (const { close } of providers) await close();

const db = new Database(directory, { readonly: true });
const rows = <T>(sql: string): T[] => db.prepare<[], T>(sql).all();
const runs = rows<{ source: string; trigger: string; outcome: string; started: number; finished: number }>(
  `SELECT source, trigger, outcome, unixepoch(started_at, 'subsec') AS started, unixepoch(finished_at, 'subsec') AS finished
    FROM v1_runs WHERE source <> 'local' ORDER BY source, id`,
);
for (const [at, run] of runs.entries()) {
  const before = runs[at - 1];
  if (before?.source === run.source && run.started < before.finished)
    problems.push(`two passes of ${run.source} at once`);
}
const lines = log
  .split('\n')
  .filter((line) => line.startsWith('{'))
  .map((line) => JSON.parse(line) as Record<string, unknown>);
const saidAt = (pattern: RegExp) => Date.parse(String(lines.find(({ msg }) => pattern.test(String(msg)))?.time));
/** Every second between these was a time of every source; one that came just before the end may have been in its random delay. */
const [from, to] = [Math.floor(saidAt(/^rosterd .* runs$/) / 1000) + 1, Math.floor(saidAt(/^told to stop/) / 1000) - 1];
for (const { source } of providers) {
  const own = runs.filter((run) => run.source === source);
  const scheduled = own.filter(({ trigger }) => trigger === 'schedule').length;
  // Each line is for one time, or for all from `due` until `until`.
  const told = lines.filter((line) => line.source === source && line.due !== undefined);
  const isLeft = (line: (typeof lines)[number]) => /left out/.test(String(line.msg));
  const spans = told.map((line) => {
    const [first, last] = [Date.parse(String(line.due)), Date.parse(String(line.until ?? line.due))];
    return { first: Math.floor(first / 1000), last: Math.floor(last / 1000), line };
  });
  const times = new Map<number, typeof spans>();
  for (const span of spans)
    for (let at = span.first; at <= span.last; at++) times.set(at, [...(times.get(at) ?? []), span]);
  const outcomes = Map.groupBy(own, ({ outcome }) => outcome);
  const ends = [...outcomes].map(([outcome, all]) => `${all.length} ${outcome}`).join(', ');
  say(
    `${source}: ${own.length} passes (${ends}); of ${to - from + 1} times ${told.filter((line) => !isLeft(line)).length} began a pass, ${told.filter(isLeft).length} came while one still ran, ${told.filter(({ until }) => until !== undefined).length} stood for several`,
  );
  for (let at = from; at <= to; at++)
    if (!times.has(at))
      problems.push(`${source}: ${new Date(at * 1000).toISOString()} neither began a pass nor was told`);
  for (const [at, spans] of times)
    if (spans.length > 1) problems.push(`${source}: ${new Date(at * 1000).toISOString()} came ${spans.length} times`);
  // What is said to have begun has left a run, unless it was told why not.
  const without = lines.filter((line) => line.source === source && /^no pass: /.test(String(line.msg))).length;
  const begun = told.length - told.filter(isLeft).length;
  if (scheduled > begun || scheduled < begun - without)
    problems.push(`${source}: ${begun} times began a pass, ${scheduled} left a run, ${without} were told as none`);
  if (own.some(({ outcome }) => outcome === 'interrupted' || outcome === 'running'))
    problems.push(`${source}: a pass was cut off`);
}
say(
  `${lines.filter((line) => /is in use$/.test(String(line.msg))).length} reloads, ${lines.filter((line) => /was not taken/.test(String(line.msg))).length} refused of ${refused}; ${byHand.length} accounts by hand; ${asked} passes on request; ${readdirSync(join(folder, 'backups')).length} backups kept`,
);
const refusedReads = /refused (\d+)/.exec(read)?.[1];
say(`reader: ${read.trim()}`);
if (refusedReads !== '0') problems.push(`the reader was refused: ${read}`);
/** What it is down to when the fewest passes run: how many run at a moment is chance, and each has handles of its own. */
const least = (part: Sample[], pick: (one: Sample) => number) => Math.min(...part.map(pick));
const [early, late] = [
  samples.slice(Math.floor(samples.length / 3), Math.floor((2 * samples.length) / 3)),
  samples.slice(Math.floor((2 * samples.length) / 3)),
];
for (const [name, pick, most] of [
  ['memory (MB)', (one: Sample) => one.rss, 1.25],
  ['handles', (one: Sample) => one.handles, 1.25],
] as const) {
  const [before, after] = [least(early, pick), least(late, pick)];
  say(
    `${name}: ${samples[0] ? pick(samples[0]).toFixed(0) : '?'} at first, ${before.toFixed(0)} at least in the second third, ${after.toFixed(0)} in the last`,
  );
  if (seconds >= 60 && after > before * most)
    problems.push(`${name} grew from ${before.toFixed(0)} to ${after.toFixed(0)}`);
}
const kept = rows<{ runs: number; changes: number }>(
  'SELECT (SELECT count(*) FROM v1_runs) AS runs, (SELECT count(*) FROM v1_changes) AS changes',
)[0];
say(
  `file: ${((samples[0]?.size ?? 0) / 1024).toFixed(0)} kB at first, ${(statSync(directory).size / 1024).toFixed(0)} kB at the end, with ${kept?.runs} runs and ${kept?.changes} changes`,
);
for (const name of byHand)
  if (
    rows<{ n: number }>(`SELECT count(*) AS n FROM v1_users WHERE user_name = '${name}' AND source = 'local'`)[0]?.n !==
    1
  )
    problems.push(`${name} is gone`);
db.close();
const doctor = await cli('doctor');
say(`doctor: ${doctor.text.trim().split('\n').at(-1)}`);
if (doctor.code !== 0) problems.push(`doctor ended with ${doctor.code}: ${doctor.text}`);
if (problems.length > 0) {
  say(`FAILED, ${folder} is kept:\n${[...new Set(problems)].map((one) => `  ${one}`).join('\n')}`);
  writeFileSync(join(folder, 'daemon.log'), log);
  process.exitCode = 1;
} else {
  say('It held.');
  rmSync(folder, { recursive: true });
}
