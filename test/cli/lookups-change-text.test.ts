import { expect, test } from 'vitest';
import { type Change, sentence } from '../../src/cli/change-text.ts';

const CHANGE: Change = {
  id: 1,
  run_id: 1,
  at: '2026-01-01T00:00:00.000Z',
  source: 'corp',
  object: 'user',
  object_id: 7,
  object_name: 'ada',
  related_id: null,
  action: 'update',
  reason: 'source',
  rule: null,
  before: null,
  after: null,
  related_name: null,
};
const GROUP = { object: 'group', object_name: 'Platform' } as const;
const MEMBER = { object: 'membership', object_name: 'Platform', related_id: 7, related_name: 'ada' } as const;
const values = (before: object | null, after: object | null) => ({
  before: before && JSON.stringify(before),
  after: after && JSON.stringify(after),
});

test.each<[Partial<Change>, string]>([
  [{ action: 'create', ...values(null, { active: true, email: 'a@x' }) }, '+ user ada'],
  [values({ department: 'Sales' }, { department: 'Marketing' }), '~ user ada department: "Sales" -> "Marketing"'],
  [
    values({ title: null, locale: 'nb' }, { title: 'CTO', locale: null }),
    '~ user ada title: null -> "CTO", locale: "nb" -> null',
  ],
  [
    values({ active: false, inactiveReason: 'disabled' }, { active: false, inactiveReason: 'missing' }),
    '~ user ada inactiveReason: "disabled" -> "missing"',
  ],
  [
    { action: 'rename', ...values({ userName: 'ada' }, { userName: 'ada.l' }) },
    '~ user ada userName: "ada" -> "ada.l"',
  ],
  [values({ holdsName: true }, { holdsName: false }), '~ user ada let go of its name'],
  [
    { action: 'rename', ...values({ userName: 'ada', holdsName: false }, { userName: 'ada.l', holdsName: true }) },
    '~ user ada userName: "ada" -> "ada.l", holds its name again',
  ],
  [{ action: 'deactivate', ...values({ active: true }, { active: false }) }, '- user ada (deactivated)'],
  [{ action: 'reactivate', ...values({ active: false }, { active: true }) }, '+ user ada (reactivated)'],
  [{ action: 'suspend' }, '- user ada (suspended)'],
  [{ action: 'unsuspend' }, '+ user ada (unsuspended)'],
  [{ action: 'delete' }, '- user ada (deleted)'],
  [{ ...GROUP, action: 'create' }, '+ group Platform'],
  [{ ...GROUP, action: 'remove' }, '- group Platform (removed)'],
  [{ ...GROUP, action: 'return' }, '+ group Platform (returned)'],
  [{ ...MEMBER, action: 'add', ...values(null, { direct: 1, origin: 'source' }) }, '+ member Platform ada'],
  [{ ...MEMBER, action: 'drop', ...values({ direct: 1, origin: 'source' }, null) }, '- member Platform ada'],
  [
    { ...MEMBER, ...values({ direct: 0, origin: 'source' }, { direct: 1, origin: 'source' }) },
    '~ member Platform ada nested -> direct',
  ],
  [
    { ...MEMBER, ...values({ direct: 0, origin: 'rule' }, { direct: 0, origin: 'hand' }) },
    '~ member Platform ada by rule -> by hand',
  ],
  [
    { object: 'nesting', object_name: 'All', related_id: 2, related_name: 'Core', action: 'add' },
    '+ subgroup All Core',
  ],
  [{ object_name: 'Ada Lovelace', action: 'create' }, '+ user "Ada Lovelace"'],
  [{ object_name: '"ada"', action: 'create' }, '+ user "\\"ada\\""'],
  [{ object_name: '', action: 'create' }, '+ user ""'],
  [{ object_name: null, action: 'create' }, '+ user id:7'],
  [{ ...MEMBER, related_name: null, action: 'drop' }, '- member Platform id:7'],
  [values({ title: 'a\u001b[2J' }, { title: '\n"x"' }), '~ user ada title: "a\\x1b[2J" -> "\\n\\"x\\""'],
])('%j', (change, text) => expect(sentence({ ...CHANGE, ...change })).toBe(text));
