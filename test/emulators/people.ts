import type { Organisation, Person, Unit } from './organisation.ts';
import { type Random, randomFrom } from './random.ts';

/** How large an organisation to make up. */
export interface Size {
  people: number;
  groups: number;
  /** Direct members of all groups together; default ten times the people. */
  memberships?: number;
  /** How deep groups stand in one another; 1 is none in another. Default 4. */
  depth?: number;
  /** The share of people who are disabled, 0 to 1; default 0.03. */
  disabled?: number;
  /** The same seed gives the same people in the same groups. Default 1. */
  seed?: string | number;
}

const GIVEN = words(
  'Ada Aiko Amina Anders Anouk Ayşe Bao Björn Camille Chidi Chloé Dalia Diego Elif Emeka Esra Farid Femi Freya Giulia Goran Hana Hiroshi Ines Ivan Jamila José Kaja Kofi Lars Leila Lucía Łukasz Maja Mateo Mei Milan Nadia Niamh Noor Olga Omar Paolo Priya Quinn Rania Renée Sanjay Sofia Søren Tariq Tereza Uma Václav Wei Ximena Yara Yusuf Zoë Zuzana',
);
const FAMILY = words(
  'Abebe Ahmed Almeida Andersson Aydın Baker Berg Bianchi Bosch Castro Chen Cruz Dahl Diallo Dubois Eze Farahani Fischer García Haddad Hansen Horvat Ibrahim Ivanova Jansen Jensen Kaya Kim Kovač Kowalski Lefèvre Lim Lopez Mbeki Mehta Moreau Müller Nakamura Nguyễn Novák Nowak O’Brien Okafor Olsen Park Petrov Popescu Rossi Saito Santos Schmidt Silva Singh Szabó Tanaka Torres Ueda Varga Virtanen Walker Yılmaz Zhang',
);
const DEPARTMENTS = words('Engineering Finance Legal Logistics Marketing People Production Research Sales Support');
const TITLES = words('Analyst Assistant Consultant Designer Engineer Lead Manager Planner Specialist Technician');
const LOCALES = words('de en es fr it ja nb nl pl pt sv tr');

/** Makes up an organisation of any size. A hundred thousand people take well under a second. */
export function organisation(size: Size): Organisation {
  const random = randomFrom(`people ${size.seed ?? 1}`);
  const domain = 'example.org';
  const people = Array.from({ length: size.people }, (_, at) => person(random, at, domain, size.disabled ?? 0.03));
  const names = people.map(({ userName }) => userName);
  const counts = memberCounts(random, size);
  return { name: 'Example', domain, people, units: units(random, size, counts, names), serviceAccounts: [] };
}

function person(random: Random, at: number, domain: string, disabled: number): Person {
  const givenName = random.pick(GIVEN);
  const familyName = random.pick(FAMILY);
  const userName = `${ascii(givenName)}.${ascii(familyName)}.${at + 1}`;
  return {
    userName,
    givenName,
    familyName,
    email: `${userName}@${domain}`,
    title: random.pick(TITLES),
    department: random.pick(DEPARTMENTS),
    employeeNumber: String(100_000 + at),
    userType: 'Employee',
    manager: null,
    phoneNumber: null,
    locale: random.pick(LOCALES),
    active: random.next() >= disabled,
  };
}

/** Few groups are large, as everywhere: the weight of a group is one over its rank. */
function memberCounts(random: Random, size: Size): number[] {
  const total = Math.min(size.memberships ?? size.people * 10, size.people * size.groups);
  const weights = Array.from({ length: size.groups }, (_, at) => 1 / (at + 20) + random.next() / (size.groups + 20));
  const sum = weights.reduce((a, b) => a + b, 0);
  const counts = weights.map((weight) => Math.min(size.people, Math.floor((weight / sum) * total)));
  // What rounding and full groups left over goes where there is room.
  let left = total - counts.reduce((a, b) => a + b, 0);
  for (let at = 0; left > 0 && at < counts.length; at++) {
    const more = Math.min(left, size.people - (counts[at] ?? 0));
    counts[at] = (counts[at] ?? 0) + more;
    left -= more;
  }
  return counts;
}

/** About every other group stands in an earlier one, as deep as allowed. */
function units(random: Random, size: Size, counts: readonly number[], names: readonly string[]): Unit[] {
  const depth = size.depth ?? 4;
  const roomy: { inside: Unit[]; level: number }[] = [];
  const top: Unit[] = [];
  counts.forEach((count, at) => {
    const name = `${random.pick(DEPARTMENTS)} ${at + 1}`;
    const inside: Unit[] = [];
    const unit: Unit = { name, description: null, members: sample(random, names, count), units: inside };
    const parent = random.next() < 0.5 ? roomy[random.below(roomy.length)] : undefined;
    (parent?.inside ?? top).push(unit);
    const level = (parent?.level ?? 0) + 1;
    if (level < depth) roomy.push({ inside, level });
  });
  return top;
}

/** `count` different names, from a random start with a random step: quick, and no name comes twice. */
function sample(random: Random, names: readonly string[], count: number): string[] {
  const { length } = names;
  if (count === 0 || length === 0) return [];
  let step = 1 + random.below(length);
  while (divisor(step, length) !== 1) step++;
  const start = random.below(length);
  return Array.from({ length: count }, (_, at) => names[(start + at * step) % length] ?? '');
}

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

function words(text: string): [string, ...string[]] {
  const [first = '', ...rest] = text.split(' ');
  return [first, ...rest];
}

/** Plain letters: what is left of a name in a user name. */
function ascii(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll('Ł', 'L')
    .replaceAll('ø', 'o')
    .replaceAll('ı', 'i')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}
