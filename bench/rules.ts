import { compile } from '../src/expressions/compile.ts';
import type { UserFacts } from '../src/expressions/rule.ts';
import { NO_RULES, type SourceRules } from '../src/model/rules.ts';
import { NO_ATTRIBUTES } from '../src/sync/record.ts';

const WHERE = 'user.active && user.userType != "Guest"';
const ATTRIBUTES = {
  userName: 'user.userName.localPart().lowerAscii()',
  displayName: 'coalesce(user.displayName, user.userName)',
  department: 'user.department.startsWith("Eng") ? "Engineering" : user.department',
} as const;

/** The rules that the measured pass shapes its mirror anew by: they change something of everybody. */
export const RULES: SourceRules = {
  ...NO_RULES,
  users: {
    where: WHERE,
    attributes: {
      ...NO_RULES.users.attributes,
      department: ['user.department.upperAscii()'],
      title: [ATTRIBUTES.department],
    },
  },
};

const PEOPLE = 1000;

/** Milliseconds of a million evaluations of a filter and three transformations, by rules and by hand. */
export async function evaluations(): Promise<{ byRules: number; byHand: number }> {
  const people: UserFacts[] = Array.from({ length: PEOPLE }, (_, at) => ({
    user: {
      id: `u-${at}`,
      active: at % 50 !== 0,
      attributes: {
        ...NO_ATTRIBUTES,
        userName: `Person.${at}@Corp.example`,
        displayName: at % 3 === 0 ? null : `Person ${at}`,
        department: at % 5 === 0 ? null : at % 2 === 0 ? 'Engineering Oslo' : 'Sales',
        userType: at % 10 === 0 ? 'Guest' : 'Member',
      },
      extra: {},
    },
    source: { name: 'bench', type: 'keycloak' },
    asked: null,
    groups: () => [],
    memberOf: () => false,
  }));
  const rules = [WHERE, ...Object.values(ATTRIBUTES)].map((text, at) =>
    compile(text, { on: 'user', gives: at === 0 ? 'bool' : 'text' }, {}),
  );
  const byRules = (facts: UserFacts) => rules.map((rule) => rule.evaluate(facts));
  const byHand = ({ user: { active, attributes } }: UserFacts) => {
    const { userName, displayName, department, userType } = attributes;
    const at = userName === null ? -1 : userName.lastIndexOf('@');
    return [
      active === true && userType !== 'Guest',
      userName === null ? null : (at === -1 ? userName : userName.slice(0, at)).toLowerCase(),
      displayName ?? userName,
      department?.startsWith('Eng') ? 'Engineering' : department,
    ];
  };
  for (const facts of people) {
    if (JSON.stringify(byRules(facts)) !== JSON.stringify(byHand(facts))) throw new Error('the two are not the same');
  }
  return { byRules: time(byRules, people), byHand: time(byHand, people) };
}

/** The better of two runs. */
function time(evaluate: (facts: UserFacts) => readonly unknown[], people: readonly UserFacts[]): number {
  let best = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 2; run++) {
    const start = performance.now();
    let seen = 0;
    for (let round = 0; round < 1_000_000 / PEOPLE; round++) for (const facts of people) seen += evaluate(facts).length;
    if (seen === 0) throw new Error('nothing was evaluated');
    best = Math.min(best, performance.now() - start);
  }
  return best;
}
