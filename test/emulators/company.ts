import type { Organisation, Person, Unit } from './organisation.ts';

/**
 * Who works where: user name, given name, family name, title, unit below the company, manager, locale. The oddities that
 * directories have are among them: the notes at the end of a line say which.
 */
const people = [
  ['ingrid.solheim', 'Ingrid', 'Solheim', 'Chief Executive', '', '', 'nb'],
  ['tomas.lindqvist', 'Tomas', 'Lindqvist', 'Assistant to the Chief Executive', '', 'ingrid.solheim', 'sv'],
  ['amara.okafor', 'Amara', 'Okafor', 'Head of Engineering', 'Engineering', 'ingrid.solheim', 'en'],
  ['jun.watanabe', '潤', '渡辺', 'Principal Engineer', 'Engineering', 'amara.okafor', 'ja'], // no Latin letter in the name
  ['freya.magnusdottir', 'Freyja', 'Magnúsdóttir', 'Team Lead', 'Engineering/Platform', 'amara.okafor', 'is'],
  [
    'lukasz.wojcik',
    'Łukasz',
    'Wójcik',
    'Site Reliability Engineer',
    'Engineering/Platform',
    'freya.magnusdottir',
    'pl',
  ],
  [
    'priya.raghunathan',
    'Priya',
    'Raghunathan',
    'Software Engineer',
    'Engineering/Platform',
    'freya.magnusdottir',
    'en',
  ],
  ['mateo.quiroga', 'Mateo', 'Quiroga', 'Software Engineer', 'Engineering/Platform', 'freya.magnusdottir', 'es'],
  ['sanne.devries', 'Sanne', 'de Vries', 'Software Engineer', 'Engineering/Platform', 'freya.magnusdottir', 'nl'],
  ['kwame.boateng', 'Kwame', 'Boateng', 'Database Engineer', 'Engineering/Platform', 'freya.magnusdottir', 'en'],
  [
    'elif.yildirim',
    'Elif',
    'Yıldırım',
    'Security Engineer',
    'Engineering/Platform/On call',
    'freya.magnusdottir',
    'tr',
  ],
  [
    'oskar.nieminen',
    'Oskar',
    'Nieminen',
    'Network Engineer',
    'Engineering/Platform/On call',
    'freya.magnusdottir',
    'fi',
  ],
  ['chloe.marchand', 'Chloé', 'Marchand', 'Team Lead', 'Engineering/Apps', 'amara.okafor', 'fr'],
  ['haruto.ishikawa', 'Haruto', 'Ishikawa', 'Software Engineer', 'Engineering/Apps', 'chloe.marchand', 'ja'],
  ['nadia.benali', 'Nadia', 'Benali', 'Software Engineer', 'Engineering/Apps', 'chloe.marchand', 'fr'],
  ['eoin.gallagher', 'Eoin', 'Gallagher', 'Software Engineer', 'Engineering/Apps', 'chloe.marchand', 'en'],
  ['thi.nguyen', 'Thị Mai', 'Nguyễn', 'Product Designer', 'Engineering/Apps', 'chloe.marchand', 'vi'],
  ['rafael.teixeira', 'Rafael', 'Teixeira', 'Software Engineer', 'Engineering/Apps', 'chloe.marchand', 'pt'],
  ['maren.haugen', 'Maren', 'Haugen', 'Team Lead', 'Engineering/Quality', 'amara.okafor', 'nb'],
  ['dmitri.volkov', 'Дмитрий', 'Волков', 'Test Engineer', 'Engineering/Quality', 'maren.haugen', 'ru'],
  ['sipho.dlamini', 'Sipho', 'Dlamini', 'Test Engineer', 'Engineering/Quality', 'maren.haugen', 'en'],
  ['hana.novakova', 'Hana', 'Nováková', 'Release Manager', 'Engineering/Quality', 'maren.haugen', 'cs'],
  ['wei.zhang', '伟', '张', 'Data Scientist', 'Engineering/Data', 'amara.okafor', 'zh'],
  ['leila.farahani', 'Leila', 'Farahani', 'Data Engineer', 'Engineering/Data', 'wei.zhang', 'en'],
  ['anders.bjork', 'Anders', 'Björk', 'Data Engineer', 'Engineering/Data', 'wei.zhang', 'sv'],
  ['zuzana.horvathova', 'Zuzana', 'Horváthová', 'Analyst', 'Engineering/Data', 'wei.zhang', 'sk'],
  ['bruno.ferreira', 'Bruno', 'Ferreira', 'Head of Operations', 'Operations', 'ingrid.solheim', 'pt'],
  ['kirsten.dahl', 'Kirsten', 'Dahl', 'Logistics Planner', 'Operations/Logistics', 'bruno.ferreira', 'da'],
  ['abdul.rahimi', 'Abdul', 'Rahimi', 'Warehouse Supervisor', 'Operations/Logistics', 'bruno.ferreira', 'en'],
  ['pietro.santoro', 'Pietro', 'Santoro', 'Warehouse Worker', 'Operations/Logistics', 'abdul.rahimi', 'it'], // no mail address
  ['grace.mwangi', 'Grace', 'Mwangi', 'Warehouse Worker', 'Operations/Logistics', 'abdul.rahimi', 'en'],
  ['stefan.ivanov', 'Stefan', 'Ivanov', 'Driver', 'Operations/Logistics', 'abdul.rahimi', 'bg'],
  ['malia.kealoha', 'Malia', 'Kealoha', 'Facilities Manager', 'Operations/Facilities', 'bruno.ferreira', 'en'],
  ['jonas.petraitis', 'Jonas', 'Petraitis', 'Technician', 'Operations/Facilities', 'malia.kealoha', 'lt'],
  ['ana.kovacevic', 'Ana', 'Kovačević', 'Receptionist', 'Operations/Facilities', 'malia.kealoha', 'hr'],
  ['yusuf.demir', 'Yusuf', 'Demir', 'Support Lead', 'Operations/Support', 'bruno.ferreira', 'tr'],
  ['lena.fischer', 'Lena', 'Fischer', 'Support Agent', 'Operations/Support', 'yusuf.demir', 'de'],
  ['tariq.hussain', 'Tariq', 'Hussain', 'Support Agent', 'Operations/Support', 'yusuf.demir', 'en'],
  ['mei.chen', 'Mei', 'Chen', 'Support Agent', 'Operations/Support', 'yusuf.demir', 'zh'],
  ['viktor.szabo', 'Viktor', 'Szabó', 'Head of Sales', 'Sales', 'ingrid.solheim', 'hu'],
  ['signe.rask', 'Signe', 'Rask', 'Account Manager', 'Sales/Nordics', 'viktor.szabo', 'da'],
  ['eirik.tveit', 'Eirik', 'Tveit', 'Account Manager', 'Sales/Nordics', 'viktor.szabo', 'nb'],
  ['aino.virtanen', 'Aino', 'Virtanen', 'Account Manager', 'Sales/Nordics', 'viktor.szabo', 'fi'],
  ['lucia.ibanez', 'Lucía', 'Ibáñez', 'Account Manager', 'Sales/Iberia', 'viktor.szabo', 'es'],
  ['joao.carvalho', 'João', 'Carvalho', 'Account Manager', 'Sales/Iberia', 'viktor.szabo', 'pt'],
  ['pau.vidal', 'Pau', 'Vidal', 'Account Manager', 'Sales/Iberia', 'viktor.szabo', 'ca'],
  ['olena.shevchenko', 'Олена', 'Шевченко', 'Customer Support', 'Sales/Support', 'viktor.szabo', 'uk'],
  ['noah.weber', 'Noah', 'Weber', 'Customer Support', 'Sales/Support', 'viktor.szabo', 'de'],
  ['fatima.zahra', 'Fatima-Zahra', 'El Idrissi', 'Marketing Manager', 'Sales', 'viktor.szabo', 'fr'],
  ['rosa.delgado', 'Rosa', 'Delgado', 'Head of People', 'People', 'ingrid.solheim', 'es'],
  ['callum.macleod', 'Callum', 'MacLeod', 'Recruiter', 'People', 'rosa.delgado', 'en'],
  ['ilse.vandamme', 'Ilse', 'Van Damme', 'Payroll Specialist', 'People', 'rosa.delgado', 'nl'],
  ['bjorn.aasen', 'Bjørn', 'Aasen', 'Trainer', 'People', 'rosa.delgado', 'nb'], // disabled: on leave
  ['samuel.adeyemi', 'Samuel', 'Adeyemi', 'Head of Finance', 'Finance', 'ingrid.solheim', 'en'],
  ['carmen.rossi', 'Carmen', 'Rossi', 'Controller', 'Finance', 'samuel.adeyemi', 'it'],
  ['dorota.zielinska', 'Dorota', 'Zielińska', 'Accountant', 'Finance', 'samuel.adeyemi', 'pl'],
  ['arjun.mehta', 'Arjun', 'Mehta', 'Accountant', 'Finance', 'samuel.adeyemi', 'en'],
  ['siobhan.obrien', 'Siobhán', 'O’Brien', 'Buyer', 'Finance', 'samuel.adeyemi', 'ga'],
  ['marc.dubois', 'Marc', 'Dubois', 'Penetration Tester', 'Engineering/Quality', 'maren.haugen', 'fr'], // a contractor
  ['isla.fraser', 'Isla', 'Fraser', 'Technical Writer', 'Engineering/Apps', 'chloe.marchand', 'en'], // a contractor
] as const;

const NAME = 'Fjordlight';
const DOMAIN = 'fjordlight.example';
const disabled = new Set<string>(['bjorn.aasen']);
const withoutMail = new Set<string>(['pietro.santoro']);
const contractors = new Set<string>(['marc.dubois', 'isla.fraser']);

/** Members of a unit beside those who work in it: people who help out, and a program. */
const guests: Readonly<Record<string, readonly string[]>> = {
  'Engineering/Platform': ['service-account-deploy'],
  'Engineering/Platform/On call': ['lukasz.wojcik', 'eoin.gallagher'],
  'Sales/Support': ['lena.fischer'],
};

/** Units that stand beside the company's own tree. */
const others: readonly Unit[] = [
  unit('VPN', 'Who may work from elsewhere', [
    'ingrid.solheim',
    'amara.okafor',
    'lukasz.wojcik',
    'jun.watanabe',
    'bjorn.aasen',
  ]),
  unit('Archive', 'Nobody is in it', []),
];

/** Fjordlight: an invented company of 60 people, the same for every emulated identity provider. */
export const company: Organisation = {
  name: NAME,
  domain: DOMAIN,
  people: people.map(person),
  units: [tree('', NAME), ...others],
  serviceAccounts: ['service-account-deploy'],
};

function person(row: (typeof people)[number], at: number): Person {
  const [userName, givenName, familyName, title, where, manager, locale] = row;
  return {
    userName,
    givenName,
    familyName,
    email: withoutMail.has(userName) ? null : `${userName}@${DOMAIN}`,
    title,
    department: where.split('/')[0] || 'Management',
    employeeNumber: String(1001 + at),
    userType: contractors.has(userName) ? 'Contractor' : 'Employee',
    manager: manager || null,
    phoneNumber: at % 3 === 0 ? `+47 555 01 ${String(100 + at)}` : null,
    locale,
    active: !disabled.has(userName),
  };
}

/** The unit at a path below the company, with those inside it. */
function tree(path: string, name: string): Unit {
  const inside = new Set<string>();
  for (const [, , , , where] of people) {
    const below = path === '' ? where : where.startsWith(`${path}/`) ? where.slice(path.length + 1) : '';
    if (below) inside.add(below.split('/')[0] ?? '');
  }
  const members = people.filter((row) => row[4] === path).map((row): string => row[0]);
  return {
    name,
    description: path === '' ? 'Everyone, by department and team' : null,
    members: [...members, ...(guests[path] ?? [])],
    units: [...inside].map((each) => tree(path === '' ? each : `${path}/${each}`, each)),
  };
}

function unit(name: string, description: string, members: readonly string[]): Unit {
  return { name, description, members, units: [] };
}
