/** What runs through a list, and how it is written. */
export const LOOPS: Readonly<Record<string, string>> = {
  exists: 'list.exists(x, x.startsWith("a"))',
  exists_one: 'list.exists_one(x, x == "a")',
  all: 'list.all(x, x != "a")',
  filter: 'list.filter(x, x.startsWith("a"))',
  map: 'list.map(x, x.lowerAscii())',
};
