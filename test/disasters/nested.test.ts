import { describe, expect, test } from 'vitest';
import { DIRECT, NESTED } from '../../src/model/words.ts';
import { EMPTY, pack } from '../../src/sync/packed.ts';
import { type GroupNode, resolve } from '../../src/sync/resolve.ts';
import { rows } from '../emulators/faults.ts';
import { Guarded, grouped, ids, people } from '../sync/guarding.ts';
import { shown } from '../sync/kit.ts';
import { GROUPS, world } from './world.ts';

// Nested groups elsewhere: an endless loop, giving up on circles, quadratic time (baton-sdk RFC 0006).

const node = (group: number, members: readonly number[]): GroupNode => ({
  node: group,
  members: pack(members),
  kept: EMPTY,
  everyone: false,
});

/** How often anybody is visited in all of the groups. */
function visits(
  groups: readonly GroupNode[],
  of: readonly number[],
): { visits: number; direct: number; nested: number } {
  const graph = resolve(groups, EMPTY, 'flatten');
  const seen = { visits: 0, direct: 0, nested: 0 };
  for (const position of of) {
    graph.members(position, (_, how) => {
      seen.visits++;
      if (how === DIRECT) seen.direct++;
      if (how === NESTED) seen.nested++;
    });
  }
  return seen;
}

describe('groups that contain each other in a circle', () => {
  test('have the same members, each once, and every pass ends with the same', async () => {
    using directory = new Guarded({});
    const circle = grouped(people(1, 6), {
      a: ['@b', ...ids(1, 2)],
      b: ['@c', ...ids(3, 4)],
      c: ['@a', '@c', ...ids(5, 6)],
      d: ['@a'],
    });
    await directory.sync(circle);
    for (const group of ['a', 'b', 'c', 'd'])
      expect(
        shown(directory)
          .members.filter(({ grp }) => grp === group)
          .map(({ usr }) => usr),
      ).toEqual(ids(1, 6));
    expect((await directory.sync(circle)).outcome).toBe('unchanged');
    await directory.sync({ ...circle, groups: { ...circle.groups, c: { members: ids(5, 6) } } });
    expect(shown(directory).members.filter(({ grp }) => grp === 'c')).toHaveLength(2);
  });

  test('at Keycloak, whose answer says that a group is above its own parent', async () => {
    const here = await world();
    const { realm, faults } = here.emulator;
    const [top, below] = [realm.group('/Fjordlight').id, realm.group('/Fjordlight/Sales').id];
    faults.when(
      { path: GROUPS },
      rows((all) =>
        all.map((one) => ((one as { id: string }).id === top ? { ...(one as object), parentId: below } : one)),
      ),
    );
    expect((await here.pass()).outcome).toMatch(/ok|blocked/);
    faults.clear();
    expect((await here.pass()).outcome).toMatch(/ok|unchanged/);
  });

  test('and ten thousand of them in one circle need no stack and no second look at anybody', () => {
    const size = 10_000;
    const groups = Array.from({ length: size }, (_, at) => node(at + 1, [((at + 1) % size) + 1, size + 1 + at]));
    expect(visits(groups, [0])).toEqual({ visits: 2 * size, direct: 2, nested: 2 * size - 2 });
  });
});

describe('groups in groups', () => {
  test('ten thousand deep', () => {
    const size = 10_000;
    const groups = Array.from({ length: size }, (_, at) =>
      node(at + 1, at + 1 < size ? [at + 2, size + 1 + at] : [size + 1 + at]),
    );
    expect(visits(groups, [0]).visits).toBe(2 * size - 1);
  });

  test('a lattice in which there are more ways than anybody can walk: each group is walked once', () => {
    const layers = 60;
    const width = 4;
    const group = (layer: number, at: number) => layer * width + at + 1;
    const groups = Array.from({ length: layers * width }, (_, n) => {
      const layer = Math.floor(n / width);
      const below = layer + 1 < layers ? [0, 1, 2, 3].map((at) => group(layer + 1, at)) : [];
      return node(n + 1, [...below, 1000 + n]);
    });
    // 4 to the power of 59 ways from top to bottom.
    expect(visits(groups, [0]).visits).toBeLessThan(2 * layers * width);
  });
});
