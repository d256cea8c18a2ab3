import { once } from 'node:events';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';

/** How large a generated tenant is. */
export interface Size {
  users: number;
  groups: number;
  /** Direct memberships of users, over all groups. */
  memberships: number;
}

export const SMALL: Size = { users: 100_000, groups: 5_000, memberships: 1_000_000 };
export const LARGE: Size = { users: 1_000_000, groups: 50_000, memberships: 10_000_000 };

const PAGE = 1000;
const GIVEN = ['Ada', 'Zoë', 'Grace', 'Jürgen', 'Linus', 'Åse', 'Marie', 'José', 'Kurt', 'Noor'];
const FAMILY = ['Lovelace', 'Hopper', 'Müller', 'Nguyễn', 'Østby', 'Curie', 'García', 'Gödel', 'Khan', 'Smith'];
const DEPARTMENTS = ['Engineering', 'Sales', 'Finance', 'Forschung & Entwicklung', 'People', 'Support'];

/**
 * Writes a tenant as the bodies of an identity provider's answers, one page a line: `users`, `groups` and `members`, one
 * line of members for each group. The same size and edition always give the same bytes. In edition 2 one user in a hundred has
 * moved to another department, one in two hundred is gone, as many are new, and one membership in a hundred is another's.
 */
export async function writeTenant(folder: string, size: Size, edition: 1 | 2): Promise<string> {
  const place = join(folder, `${size.users}-${size.groups}-${size.memberships}-${edition}`);
  if (existsSync(place)) return place;
  const making = `${place}.making`;
  rmSync(making, { recursive: true, force: true });
  mkdirSync(making, { recursive: true });
  await write(join(making, 'users'), pagesOf(users(size, edition)));
  await write(join(making, 'groups'), pagesOf(groups(size)));
  await write(join(making, 'members'), members(size, edition));
  renameSync(making, place);
  return place;
}

const gone = (at: number, edition: number) => edition === 2 && at % 200 === 7;
const id = (kind: number, at: number) => {
  const hash = Math.imul(at + 1, 0x9e3779b1) >>> 0;
  return `${hash.toString(16).padStart(8, '0')}-${kind}a7e-4c1d-9b3f-${at.toString(16).padStart(12, '0')}`;
};

function* users(size: Size, edition: number): Generator<object> {
  const fresh = edition === 2 ? Math.floor(size.users / 200) : 0;
  for (let at = 0; at < size.users + fresh; at++) {
    if (gone(at, edition)) continue;
    const first = GIVEN[at % 10];
    const last = FAMILY[Math.floor(at / 10) % 10];
    const moved = edition === 2 && at % 100 === 3 ? 1 : 0;
    yield {
      id: id(1, at),
      username: `${first}.${last}.${at}`.toLowerCase(),
      firstName: first,
      lastName: last,
      email: `person.${at}@example.org`,
      emailVerified: true,
      enabled: at % 50 !== 0,
      createdTimestamp: 1_700_000_000_000 + at,
      attributes: {
        title: [`Engineer ${at % 7}`],
        department: [DEPARTMENTS[(at + moved) % DEPARTMENTS.length]],
        employeeNumber: [String(100_000 + at)],
        phoneNumber: [`+47 22 ${String(at).padStart(6, '0')}`],
        locale: ['nb-NO'],
      },
    };
  }
}

function* groups(size: Size): Generator<object> {
  for (let at = 0; at < size.groups; at++) yield { id: id(2, at), name: `group ${at}`, path: `/group ${at}` };
}

/** Sizes of groups vary from a handful to many times the mean; every tenth group lies in one larger one. */
function* members(size: Size, edition: number): Generator<object> {
  const mean = size.memberships / size.groups;
  for (let group = 0; group < size.groups; group++) {
    const count = Math.round(mean * (0.1 + (1.8 * ((group * 7919) % size.groups)) / size.groups));
    const step = 1 + ((group * 104_729) % (size.users - 1));
    const list = [];
    for (let n = 0; n < count; n++) {
      let at = (group * 31 + n * step) % size.users;
      if (edition === 2 && (group + n) % 100 === 0) at = (at + 1) % size.users;
      if (!gone(at, edition)) list.push({ id: id(1, at) });
    }
    const child = group % 10 === 0 && group + 1 < size.groups ? [id(2, group + 1)] : [];
    yield { group: id(2, group), members: list, groups: child };
  }
}

function* pagesOf(records: Iterable<object>): Generator<object> {
  let page: object[] = [];
  for (const record of records) {
    page.push(record);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

async function write(file: string, pages: Iterable<object>): Promise<void> {
  const out = createWriteStream(file);
  for (const page of pages) {
    if (!out.write(`${JSON.stringify(page)}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}
