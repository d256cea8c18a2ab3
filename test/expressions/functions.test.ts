import { describe, expect, test } from 'vitest';
import { compile } from '../../src/expressions/compile.ts';
import { given, groupFacts, type Person, TABLES } from './kit.ts';

const ADA: Person = {
  userName: 'Ada.Lovelace@Corp.Example',
  email: 'ada@x@Corp.Example',
  displayName: 'ADA o’NEILL-lovelace',
  givenName: 'Åse',
  familyName: 'Ødegård',
  title: ' Dr. ',
  employeeNumber: '417',
  groups: ['Platform', 'app-wiki'],
  extra: { apps: ['wiki', 'mail'], one: 'wiki', level: 3, yes: true, text5: '5', empty: [], code: 'OSL' },
};

// An expression, what it gives about Ada, and what it gives about somebody of whom nothing is known.
const TABLE: readonly (readonly [string, unknown, unknown])[] = [
  ['user.department', null, null],
  ['user.id', 'u-1', 'u-1'],
  ['user.active', true, true],
  ['source.name + "/" + source.type', 'corp/keycloak', 'corp/keycloak'],
  ['user.groups', ['Platform', 'app-wiki'], []],
  ['user.memberOf("Platform")', true, false],
  ['n', 2, 2],
  // Texts.
  ['user.userName.localPart()', 'Ada.Lovelace', null],
  ['user.email.localPart()', 'ada@x', null],
  ['user.givenName.localPart()', 'Åse', null],
  ['user.userName.domain()', 'corp.example', null],
  ['user.givenName.domain()', null, null],
  ['user.givenName.ascii()', 'Ase', null],
  ['user.familyName.ascii()', 'Odegard', null],
  [
    '"Weiß Łódź Æsir Œuvre ﬁn Ŀ Москва".ascii()',
    'Weiss Lodz AEsir OEuvre fin L· Москва',
    'Weiss Lodz AEsir OEuvre fin L· Москва',
  ],
  ['user.userName.lowerAscii()', 'ada.lovelace@corp.example', null],
  ['user.givenName.lowerAscii()', 'åse', null],
  ['user.givenName.upperAscii()', 'ÅSE', null],
  ['user.displayName.title()', 'Ada O’neill-Lovelace', null],
  ['user.title.trim()', 'Dr.', null],
  ['user.userName.replace("e", "")', 'Ada.Lovlac@Corp.Exampl', null],
  ['user.userName.replace("", "-")', 'Ada.Lovelace@Corp.Example', null],
  ['user.userName.replace(".", user.department)', null, null],
  ['user.userName.regexReplace("[aeiou]", "_")', 'Ad_.L_v_l_c_@C_rp.Ex_mpl_', null],
  ['user.userName.regexReplace("^([A-Za-z]+)\\\\.([A-Za-z]+)@.*$", "$2, $1")', 'Lovelace, Ada', null],
  ['user.userName.regexReplace("Ada", "$$1")', '$1.Lovelace@Corp.Example', null],
  ['user.userName.matches("^Ada")', true, false],
  ['user.userName.matches("^ada$")', false, false],
  ['user.userName.left(3)', 'Ada', null],
  ['"😀😁".left(1)', '😀', '😀'],
  ['"abc".left(-1)', '', ''],
  ['"abc".left(9)', 'abc', 'abc'],
  ['"a😀c".substring(1, 2)', '😀', '😀'],
  ['"abc".substring(1)', 'bc', 'bc'],
  ['"abc".substring(2, 1)', '', ''],
  ['"abc".substring(5, 9)', '', ''],
  ['user.employeeNumber.padStart(6, "0")', '000417', null],
  ['user.employeeNumber.padStart(2, "0")', '417', null],
  ['user.userName.startsWith("Ada")', true, false],
  ['user.userName.startsWith(user.department)', false, false],
  ['user.userName.endsWith("Example")', true, false],
  ['user.userName.contains("@")', true, false],
  ['user.userName.indexOf("@")', 12, null],
  ['size(user.givenName)', 3, 0],
  ['"😀".size()', 1, 1],
  ['"a,b".split(",")', ['a', 'b'], ['a', 'b']],
  ['"a😀b".split("")', ['a', '😀', 'b'], ['a', '😀', 'b']],
  ['"😀@b".substring(0, "😀@b".indexOf("@"))', '😀', '😀'],
  ['"a".indexOf("b")', -1, -1],
  ['"a".padStart(3, "😀")', '😀😀a', '😀😀a'],
  ['"a".padStart(3, "")', 'a', 'a'],
  ['"?".matches("[(?=]")', true, true],
  ['user.department.split(",")', [], []],
  ['user.groups.join("+")', 'Platform+app-wiki', null],
  ['user.groups.first()', 'Platform', null],
  ['"a,b".split(",").first()', 'a', 'a'],
  ['user.groups[1]', 'app-wiki', null],
  ['user.groups[9]', null, null],
  ['size(user.groups)', 2, 0],
  ['user.groups.size()', 2, 0],
  // Nothing.
  ['user.department == null', true, true],
  ['user.userName != null', true, false],
  ['user.department == "X"', false, false],
  ['user.department != "X"', true, true],
  ['user.department < "X"', false, false],
  ['!user.department.startsWith("X")', true, true],
  ['user.department + "x"', null, null],
  ['"x" + user.department + "y"', null, null],
  ['has(user.userName)', true, false],
  ['has(user.attributes["one"])', true, false],
  ['coalesce(user.department, user.givenName, "none")', 'Åse', 'none'],
  ['coalesce(user.givenName.replace("Åse", ""), "none")', 'none', 'none'],
  ['user.active ? null : "x"', null, null],
  ['user.userType == "Guest" ? "g" : null', null, null],
  // Attributes of any kind.
  ['user.attributes["apps"]', ['wiki', 'mail'], null],
  ['"wiki" in user.attributes["apps"]', true, false],
  ['"wiki" in user.attributes["one"]', true, false],
  ['"wiki" in user.attributes["none"]', false, false],
  ['user.attributes["apps"].first()', 'wiki', null],
  ['user.attributes["one"].first()', 'wiki', null],
  ['user.attributes["apps"].join(", ")', 'wiki, mail', null],
  ['user.attributes["one"].join(", ")', 'wiki', null],
  ['user.attributes["empty"].join(", ")', null, null],
  ['user.attributes["level"] == 3', true, false],
  ['user.attributes["level"] == "3"', true, false],
  ['user.attributes["text5"] == 5', true, false],
  ['user.attributes["yes"] == true', true, false],
  ['user.attributes["yes"] == "true"', true, false],
  ['user.attributes["level"] + 1', 4, null],
  ['user.attributes["level"] > 2', true, false],
  ['user.attributes["level"] / 2', 1.5, null],
  ['user.attributes["level"] * 9007199254740991', '! the number is too large, or a division by zero', null],
  ['user.attributes["level"].padStart(3, "0")', '003', null],
  ['user.attributes["one"].startsWith("w")', true, false],
  [
    'user.attributes["apps"].startsWith("w")',
    '! it has several values where one is asked for; take `.first()` of them or `.join(", ")` them',
    false,
  ],
  ['user.attributes["apps"] == "wiki"', false, false],
  ['user.attributes["text5"] + 1', '! a number is asked for, and here is a text; `int(…)` reads one from a text', null],
  ['int(user.attributes["text5"]) + 1', 6, null],
  ['user.attributes["__proto__"] == null', true, true],
  ['user.attributes["constructor"]', null, null],
  // Lists.
  ['user.groups.exists(g, g.startsWith("app-"))', true, false],
  ['user.groups.all(g, g != "x")', true, true],
  ['user.groups.exists_one(g, g == "Platform")', true, false],
  ['user.groups.filter(g, g.startsWith("app-")).map(g, g.replace("app-", ""))', ['wiki'], []],
  ['user.attributes["apps"].exists(a, a == "wiki")', true, false],
  ['user.groups.exists(g, user.groups.exists(h, g == h + "x"))', false, false],
  ['user.userName in ["a", "b"]', false, false],
  ['user.groups + ["x"]', ['Platform', 'app-wiki', 'x'], ['x']],
  // Tables.
  ['lookup("site", user.attributes["code"])', 'Oslo', null],
  ['lookup("site", "XXX")', null, null],
  ['lookup("site", user.department, "none")', 'none', 'none'],
  ['lookup("site", "__proto__", "none")', 'none', 'none'],
  // Numbers.
  ['7 / 2', 3, 3],
  ['7.0 / 2', 3.5, 3.5],
  ['-7 % 3', -1, -1],
  ['1 / 0', '! the number is too large, or a division by zero', '! the number is too large, or a division by zero'],
  [
    '9007199254740991 + 1',
    '! the number is too large, or a division by zero',
    '! the number is too large, or a division by zero',
  ],
  ['int(user.employeeNumber) + 1', 418, null],
  ['int(user.givenName)', '! `int` reads a number, and this text is none', null],
  ['string(1 + 2)', '3', '3'],
  ['double("1.5")', 1.5, 1.5],
  ['bool("yes")', true, true],
  ['1 < 2 && 1.5 <= 2', true, true],
  ['-(1 - 3)', 2, 2],
  ['10 - (5 - 3)', 8, 8],
  // One side that gives no answer, where the other decides.
  ['user.memberOf("Nowhere")', '! no group is called `Nowhere`', '! no group is called `Nowhere`'],
  ['user.memberOf("Nowhere") || user.id == "u-1"', true, true],
  ['user.id == "u-1" || user.memberOf("Nowhere")', true, true],
  ['user.memberOf("Nowhere") && user.id == "u-2"', false, false],
  ['user.memberOf("Nowhere") || user.id == "u-2"', '! no group is called `Nowhere`', '! no group is called `Nowhere`'],
];

describe('an expression gives', () => {
  test.each(TABLE)('%s', (text, ada, nobody) => {
    expect(given(text, ADA)).toEqual(ada);
    expect(given(text)).toEqual(nobody);
  });
});

test('an attribute that was not asked for is unknown', () => {
  const asked: Person = { extra: { a: 'x' }, asked: ['a'] };
  expect(given('user.attributes["a"]', asked)).toBe('x');
  expect(given('user.attributes["b"]', asked)).toBe(
    '! attributes["b"] was not read yet; the next sync that reads the source does',
  );
  expect(given('user.attributes["b"]', { ...asked, asked: ['a', 'b'] })).toBe(null);
});

test.each([
  ['group.name.replace("app-", "")', 'wiki'],
  ['group.id + source.name', 'g-1corp'],
  ['coalesce(group.description, group.email, group.type, "none")', 'none'],
  ['group.attributes["mail"].domain()', 'x.org'],
  ['group.attributes["__proto__"]', null],
])('of a group, %s', (text, value) => {
  const rule = compile(text, { on: 'group', gives: 'any' }, TABLES);
  expect(rule.evaluate(groupFacts('app-wiki', { extra: { mail: 'a@X.org' } }))).toBe(value);
});

test('what a rule reads is known before it is evaluated', () => {
  const text =
    'user.memberOf("A") && user.groups.exists(g, g == user.title) || lookup("site", user.attributes["b"]) == "x"';
  expect(compile(text, { on: 'user', gives: 'bool' }, TABLES).reads).toEqual({
    attributes: ['b'],
    fields: ['groups', 'title'],
    memberOf: ['A'],
    groups: true,
    tables: ['site'],
    n: false,
  });
});

test('whether the user is active may be unknown', () => {
  expect(given('user.active', { active: null })).toBe('! the identity provider did not say whether the user is active');
});
