import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Daemon, world } from '../daemon/kit.ts';
import { documentOf, documentsOf, textOf } from './files.ts';
import * as shapes from './shapes.ts';

// What docs/operations.md has somebody type, with the files of deploy/ as they are shipped.
const page = textOf('docs/operations.md');
const { services } = shapes.compose.parse(documentOf('deploy/compose.yaml'));
const container = services.rosterd.container_name;
const deployment = shapes.deployment.parse(documentsOf('deploy/kubernetes/daemon/deployment.yaml')[0]);
const unit = textOf('deploy/systemd/rosterd.service');

/** What stands indented, or between backticks, without remarks. */
const typed = [...page.matchAll(/^ {4}(\S.*)$/gm), ...page.matchAll(/`([^`\n]+)`/g)].map(([, text = '']) =>
  text.replace(/ +# .*$/, ''),
);
const functions = typed.filter((line) => line.startsWith('rosterd() {'));

/** Programs of these names that only say how they were called; the rest of the PATH is as it is. */
function recorders(...names: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'rosterd-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(join(folder, 'bin'));
  for (const name of names) {
    const file = join(folder, 'bin', name);
    writeFileSync(file, '#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n');
    chmodSync(file, 0o755);
  }
  return join(folder, 'bin');
}

/** How `rosterd user suspend ada --reason "laptop stolen"` arrives by way of a function of the page. */
function called(line: string): string[] {
  const PATH = `${recorders('docker', 'kubectl', 'systemd-run')}:${process.env.PATH}`;
  const script = `${line}\nrosterd user suspend ada --reason "laptop stolen"\n`;
  return execFileSync('bash', ['-c', script], { env: { ...process.env, PATH }, encoding: 'utf8' })
    .trim()
    .split('\n');
}

const COMMAND = ['user', 'suspend', 'ada', '--reason', 'laptop stolen'];
const of = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1] ?? '';

describe('docs/operations.md and the files of deploy/', () => {
  test('one line for each way to deploy makes `rosterd` the command of the daemon’s place', () => {
    const [compose, kubernetes, systemd, stopped, ...others] = functions.map(called);
    expect(others).toEqual([]);
    expect(compose).toEqual(['docker', 'exec', '-i', container, 'rosterd', ...COMMAND]);
    expect(kubernetes).toEqual([
      ...['kubectl', '-n', 'rosterd', 'exec', '-i', `deploy/${deployment.metadata.name}`, '--', 'rosterd'],
      ...COMMAND,
    ]);
    expect(systemd?.slice(0, 5)).toEqual(['systemd-run', '--quiet', '--wait', '--pipe', '--collect']);
    expect(systemd?.slice(5)).toEqual([
      `--uid=${of('User')}`,
      `--working-directory=${of('WorkingDirectory')}`,
      `--property=EnvironmentFile=${of('EnvironmentFile')}`,
      `--setenv=${/ROSTERD_CONFIG=\S+/.exec(of('Environment'))?.[0]}`,
      of('ExecStart'),
      ...COMMAND,
    ]);
    expect(stopped).toEqual([
      ...['docker', 'compose', '-f', 'deploy/compose.yaml', 'run', '--rm', '-T', 'rosterd'],
      ...COMMAND,
    ]);
  });

  test.each(['docs/operations.md', 'docs/deploy.md'])(
    '%s names the container, namespace and unit that are shipped',
    (file) => {
      const text = textOf(file);
      for (const [line, name] of text.matchAll(
        /docker (?:exec(?: -i)?|logs(?: --since \w+)?|kill -s HUP|restart|stop|start|inspect -f '[^']+') ([\w-]+)/g,
      ))
        expect([line, name]).toEqual([line, container]);
      expect(text).not.toMatch(/docker compose exec/);
      for (const [line] of text.matchAll(/kubectl (?!create namespace|label namespace|logs?`|apply -k` of)[^\n`]+/g))
        expect(line).toMatch(/^kubectl -n rosterd /);
      for (const [, name] of text.matchAll(/\bdeploy\/(rosterd\S*?)[ `]/g)) expect(name).toBe(deployment.metadata.name);
      for (const [, name] of text.matchAll(/(?:systemctl|journalctl) (?:[\w-]+ )*?(?:--now )?(?:-u )?(rosterd[\w.]*)/g))
        expect(name).toBe('rosterd');
    },
  );

  test('every way to deploy is told for the log, a reload, a restart, a stop, a start and the last exit status', () => {
    const rows = ['the log', 'read the configuration again', 'restart', 'stop', 'start', 'how it ended last'];
    for (const row of rows) {
      const cells =
        page
          .split('\n')
          .find((line) => line.startsWith(`| ${row} `))
          ?.split(/ +\| +/) ?? [];
      expect([row, cells.length]).toEqual([row, 4]);
      expect([row, cells[1], cells[2], cells[3]]).toEqual([
        row,
        expect.stringMatching(/docker/),
        expect.stringMatching(/kubectl -n rosterd/),
        expect.stringMatching(/systemctl|journalctl/),
      ]);
    }
  });

  test('three in the morning has every exit status', () => {
    const section = page.split('## At three in the morning')[1] ?? '';
    const rows = [...section.matchAll(/^\| ([\d, ]+?) +\|/gm)].flatMap(([, cell = '']) => cell.split(', '));
    expect(rows).toEqual(['1', '2', '3', '4', '5', '137', '130', '143']);
  });

  test('every command of the page is one, and those that name nobody do what they say', {
    timeout: 120_000,
  }, async () => {
    const { site, port } = await world();
    await using _ = site;
    site.realm('staff').realm.addUser({ username: 'ada' });
    await using daemon = new Daemon(site, port);
    await daemon.says(/^the pass ended/);
    const commands = typed.filter((line) => /^rosterd( |$)/.test(line) && !/…|\.\.\.?$|^rosterd( --full)?$/.test(line));
    expect(commands.length).toBeGreaterThan(30);
    const met: string[] = [];
    for (const command of new Set(commands)) {
      // What cannot be done here: it starts a pass beside, or wants what only another test has.
      const words = [...command.matchAll(/"([^"]*)"|(\S+)/g)]
        .slice(1)
        .map(([, quoted, plain]) => quoted ?? plain ?? '');
      if (words.includes('<') || words.includes('restore')) continue;
      const { exit, err } = await site.run(...words);
      const open = /[A-Z]{3,}/.test(words.filter((word) => !word.includes(' ')).join(' '));
      if (/unknown option|no command|missing required|too many arguments|belongs to/.test(err))
        met.push(`${command}: ${err}`);
      else if (!open && exit !== 0) met.push(`${command}: ${exit} ${err}`);
    }
    expect(met).toEqual([]);
  });
});
