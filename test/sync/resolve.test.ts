import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DIRECT, NESTED } from '../../src/model/words.ts';
import { EMPTY, pack } from '../../src/sync/packed.ts';
import { type GroupNode, resolve } from '../../src/sync/resolve.ts';

const FIRST_GROUP = 1000;
const group = (position: number, members: number[], everyone = false): GroupNode => ({
  node: FIRST_GROUP + position,
  members: pack(members),
  kept: EMPTY,
  everyone,
});

const members = (
  groups: GroupNode[],
  position: number,
  depth: 'flatten' | 'direct' = 'flatten',
  everybody: number[] = [],
) => {
  const found = new Map<number, number>();
  resolve(groups, pack(everybody), depth).members(position, (node, how) => {
    if (found.has(node)) throw new Error(`${node} was visited twice`);
    found.set(node, how);
  });
  return found;
};

/** A search that looks at every path, and at nothing else. */
function naive(groups: GroupNode[], position: number): Map<number, number> {
  const found = new Map<number, number>();
  const seen = new Set<number>([position]);
  const todo = [position];
  for (let next = todo.shift(); next !== undefined; next = todo.shift()) {
    for (const node of groups[next]?.members ?? []) {
      if (!found.has(node)) found.set(node, next === position ? DIRECT : NESTED);
      const inner = groups.findIndex((candidate) => candidate.node === node);
      if (inner >= 0 && !seen.has(inner)) {
        seen.add(inner);
        todo.push(inner);
      }
    }
  }
  return found;
}

test('equals a naive search on any graph, circles included', () => {
  const graph = fc.integer({ min: 1, max: 12 }).chain((count) =>
    fc.array(
      fc.uniqueArray(
        fc.oneof(fc.integer({ min: 1, max: 8 }), fc.integer({ min: FIRST_GROUP, max: FIRST_GROUP + count })),
        { maxLength: 8 },
      ),
      {
        minLength: count,
        maxLength: count,
      },
    ),
  );
  fc.assert(
    fc.property(graph, (lists) => {
      const groups = lists.map((list, position) => group(position, list));
      groups.forEach((_, position) => {
        expect(members(groups, position)).toEqual(naive(groups, position));
      });
    }),
    { numRuns: 500 },
  );
});

describe('shapes', () => {
  test('a circle: everyone in it has the same members', () => {
    const groups = [group(0, [1, 1001]), group(1, [2, 1002]), group(2, [3, 1000])];
    for (const position of [0, 1, 2])
      expect([...members(groups, position).keys()].filter((node) => node < 1000).sort()).toEqual([1, 2, 3]);
  });

  test('a group that is a member of itself', () => {
    expect(members([group(0, [1, 1000])], 0).get(1)).toBe(DIRECT);
  });

  test('a diamond: nobody comes twice', () => {
    const groups = [group(0, [1001, 1002]), group(1, [1003]), group(2, [1003]), group(3, [7])];
    expect(members(groups, 0).get(7)).toBe(NESTED);
  });

  test('depth 50, without nesting where it is not wanted', () => {
    const groups = Array.from({ length: 51 }, (_, at) => group(at, at === 50 ? [7] : [FIRST_GROUP + at + 1]));
    expect(members(groups, 0).get(7)).toBe(NESTED);
    expect(members(groups, 0, 'direct').has(7)).toBe(false);
  });

  test('100,000 members in one group, and a chain of 100,000 groups', () => {
    const many = Array.from({ length: 100_000 }, (_, at) => 1_000_000 + at);
    expect(members([group(0, [1001]), group(1, many)], 0).size).toBe(100_001);
    const chain = Array.from({ length: 100_000 }, (_, at) => group(at, at === 99_999 ? [7] : [FIRST_GROUP + at + 1]));
    expect(members(chain, 0).get(7)).toBe(NESTED);
  });

  test('a group of everyone holds every user, nested', () => {
    expect(members([group(0, [1], true)], 0, 'flatten', [1, 2])).toEqual(
      new Map([
        [1, DIRECT],
        [2, NESTED],
      ]),
    );
  });
});
