// Rules and records, with what json-logic-js makes of them, one JSON array per line: [rule, record, result].
// json_logic_check.cc evaluates the same and compares.
//   node json_logic.cjs written              cases of every operator, and pairs of odd values
//   node json_logic.cjs sample               some of each kind: test/unit/json_logic_cases.jsonl, for tests without node
//   node json_logic.cjs random <seed> <n>    random ones
'use strict';
const jsonLogic = require('json-logic-js');

// A notation that tells apart all that JavaScript tells apart (src/core/logic/logic.cpp writes the same).
function describe(value) {
  if (value === undefined) return 'undefined';
  if (value === null) return 'null';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'string') return Buffer.byteLength(value) + ':' + value;
  if (Array.isArray(value)) return '[' + value.map((v) => describe(v) + ' ').join('') + ']';
  return '{' + Object.keys(value).map((k) => k + '=' + describe(value[k]) + ' ').join('') + '}';
}

// What JSON can say: there is no -0 in what JSON.stringify writes.
const plain = (json) => JSON.parse(JSON.stringify(json));

let sparse = 1, seen = 0;  // one of so many is emitted

function emit(given, of) {
  if (seen++ % sparse !== 0) return false;
  const rule = plain(given), record = plain(of);
  let result;
  try {
    result = describe(jsonLogic.apply(rule, record));
  } catch (error) {
    // A record's own object taken for a rule: here it is only a value.
    if (!(error instanceof TypeError)) return false;
    result = 'raised';
  }
  // Half of a pair is no text for us.
  if (!result.isWellFormed()) return false;
  process.stdout.write(JSON.stringify([rule, record, result]) + '\n');
  return true;
}

const odd = [
  null, true, false, 0, 1, -1, 2, 10, 1.5, -2.5, 1e21, 1e-7, 123456789012, 0.1, 1e300, 5e-324, '', ' ', '0', '1', '01', '1.0', ' 1 ',
  '\t2\n', '-1', '+1', '1e1', '.5', '5.', '0x1F', '0b11', '1,5', '1 2', 'Infinity', '-Infinity', 'NaN', 'null', 'true', 'a', 'b', 'B',
  'ab', 'é', '\u{1F600}', '\uE000', 'z\u{1F600}x', '2024-01-31', '2024-02-01', [], [1], [0], ['1'], [1, 2], [null], [[]], [[1], 2], ['a', 'b'],
  {}, { x: 1, y: 2 },
];

const two = ['==', '===', '!=', '!==', '<', '<=', '>', '>=', '+', '-', '*', '/', '%', 'min', 'max', 'in', 'cat', 'and', 'or', 'merge'];
const one = ['!', '!!', '-', '+', '*', 'min', 'max', 'cat', 'merge', 'log', 'missing'];

function pairs() {
  for (const a of odd) {
    for (const op of one) emit({ [op]: [{ var: 'a' }] }, { a });
    for (const from of [0, 1, -1, -2, 5, '1', 'x', null])
      for (const length of [1, 2, -1, -2, 0, '1', '-1', null]) emit({ substr: [{ var: 'a' }, from, length] }, { a });
    for (const b of odd) for (const op of two) emit({ [op]: [{ var: 'a' }, { var: 'b' }] }, { a, b });
  }
}

const record = {
  a: 1, b: 'two', c: null, d: '', e: [1, 2, 3], f: [], g: { h: 'i', j: { k: [5, 6] } }, l: [{ n: 1, s: 'x' }, { n: 2, s: 'y' }, { n: 3 }],
  m: 'apple', o: true, p: false, q: 0, r: -1.5, t: '12', u: 'Grüße\u{1F600}', v: [[1], [2, [3]]], w: { length: 7 },
};
const written = [
  {}, [], 'apple', 17, true, null, { var: '' }, { var: [] }, { var: null }, { var: 'a' }, { var: ['a'] }, { var: ['zz'] }, { var: ['zz', 9] },
  { var: ['c', 9] }, { var: 'g.h' }, { var: 'g.j.k.1' }, { var: 'g.j.k.2' }, { var: ['g.x.y', 'none'] }, { var: 'e.1' }, { var: 'e.length' },
  { var: 'm.length' }, { var: 'm.0' }, { var: 'u.length' }, { var: 'e.01' }, { var: 'w.length' }, { var: 1 }, { var: ['b.x', 4] },
  { var: { if: [true, 'a', 'b'] } }, { var: { cat: ['g', '.', 'h'] } }, { missing: [] }, { missing: ['a'] }, { missing: 'zz' },
  { missing: ['a', 'zz', 'c', 'd'] }, { missing: [['a', 'zz']] }, { missing: { merge: ['a', { if: [{ var: 'o' }, ['zz', 'yy'], []] }] } },
  { missing: [1, 'a'] }, { missing: ['g.h', 'g.x'] }, { missing_some: [1, ['a', 'zz']] }, { missing_some: [2, ['a', 'zz']] },
  { missing_some: [2, ['a', 'zz', 'yy']] }, { missing_some: ['1', ['zz']] }, { missing_some: [0, []] }, { missing_some: [1, { var: 'c' }] },
  { if: [] }, { if: [true] }, { if: [false] }, { if: [true, 1] }, { if: [false, 1] }, { if: [true, 1, 2] }, { if: [[], 1, 2] },
  { if: [[0], 1, 2] }, { if: ['', 1, 2] }, { if: ['0', 1, 2] }, { if: [false, 1, { var: 'f' }, 2, 3] }, { '?:': [false, 1, 2] },
  { and: [true, { var: 'a' }] }, { and: [1, 0, 3] }, { or: [0, '', [], 'x'] }, { or: [0, ''] }, { '<': [0, { var: 'a' }, 2] },
  { '<': [1, { var: 'a' }, 2] }, { '<=': [1, { var: 'a' }, 2] }, { '<=': [1, 2, 2] }, { '+': [] }, { '+': '3.14' }, { '+': ['1', 2, '3x'] },
  { '*': [] }, { '*': ['5'] }, { '-': '2' }, { '-': [] }, { '/': [4, 2] }, { '%': [-7, 3] }, { max: [] }, { min: [] }, { max: [1, '3', 2] },
  { map: [{ var: 'e' }, { '*': [{ var: '' }, 2] }] }, { map: [{ var: 'l' }, { var: 'n' }] }, { map: [{ var: 'zz' }, 1] },
  { map: [{ var: 'l' }, { var: ['s', 'none'] }] }, { filter: [{ var: 'e' }, { '>=': [{ var: '' }, 2] }] }, { filter: [{ var: 'l' }, { var: 's' }] },
  { reduce: [{ var: 'e' }, { '+': [{ var: 'current' }, { var: 'accumulator' }] }, 0] },
  { reduce: [{ var: 'l' }, { '+': [{ var: 'current.n' }, { var: 'accumulator' }] }, 10] },
  { reduce: [{ var: 'zz' }, 1, 5] }, { reduce: [{ var: 'e' }, { merge: [{ var: 'accumulator' }, { var: 'current' }] }] },
  { reduce: [{ var: 'e' }, { var: '' }, 1] }, { all: [{ var: 'e' }, { '>': [{ var: '' }, 0] }] }, { all: [[], true] }, { all: [{ var: 'zz' }, true] },
  { none: [{ var: 'e' }, { '>': [{ var: '' }, 5] }] }, { none: [[], true] }, { some: [{ var: 'l' }, { '==': [{ var: 's' }, 'y'] }] },
  { some: [[], true] }, { all: [{ var: 'l' }, { missing: ['n'] }] }, { some: [{ var: 'l' }, { missing: ['s'] }] },
  { merge: [] }, { merge: [1, [2, [3]], 'x'] }, { merge: [[1], [2, 3]] }, { in: ['pp', { var: 'm' }] }, { in: ['', { var: 'm' }] },
  { in: ['', ''] }, { in: ['x', ['x', 'y']] }, { in: [1, [1, 2]] }, { in: ['1', [1, 2]] }, { in: [null, 'null'] }, { in: ['a', { var: 'g' }] },
  { cat: ['I', ' am ', 1, null, [1, [2, null]], true, 1.5, 1e21] }, { cat: 'x' }, { substr: ['jsonlogic', 4] }, { substr: ['jsonlogic', -5] },
  { substr: ['jsonlogic', 0, 1] }, { substr: ['jsonlogic', -1, 1] }, { substr: ['jsonlogic', 4, 5] }, { substr: ['jsonlogic', -5, 5] },
  { substr: ['jsonlogic', -5, -2] }, { substr: ['jsonlogic', 1, -5] }, { substr: [12345, 1, 2] }, { log: 'x' }, { '!': [] }, { '!!': [[]] },
  { '!!': ['0'] }, { '==': [{ var: 'e' }, { var: 'e' }] }, { '===': [{ var: 'e' }, [1, 2, 3]] }, { '==': [{ var: 'e' }, '1,2,3'] },
  { '==': [{ var: 'g' }, '[object Object]'] }, { '==': [1] }, { '>': [3, 2, 9] }, [{ var: 'a' }, [{ var: 'b' }]],
  { x: 1, y: { var: 'a' } }, { in: [{ var: 'v.0' }, { var: 'v' }] }, { cat: [{ var: 'v' }, '-', { var: 'g' }] },
];

// Random rules over random records.
let state = 1;
function random() {  // mulberry32
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const names = ['a', 'b', 'c', 'd', 'e', 'zz'];
const paths = [...names, 'a.b', 'b.c', 'a.0', 'c.1', 'd.length', 'e.0.a', 'a.b.c', 'b.length', '', 'current', 'accumulator', 'current.a', 0, 1];

function value(depth) {
  const kind = below(depth > 0 ? 10 : 6);
  if (kind < 4) return pick(odd.filter((v) => v === null || typeof v !== 'object'));
  if (kind < 6) return below(2000) / 8 - 100;
  if (kind < 8) return Array.from({ length: below(4) }, () => value(depth - 1));
  const out = {};
  for (let i = below(4); i > 0; --i) out[pick(names)] = value(depth - 1);
  return out;
}

const arity = {
  var: [1, 2], missing: [1, 3], missing_some: [2, 2], if: [1, 5], '?:': [3, 3], '==': [2, 2], '===': [2, 2], '!=': [2, 2], '!==': [2, 2],
  '!': [1, 1], '!!': [1, 1], or: [1, 3], and: [1, 3], '>': [2, 2], '>=': [2, 2], '<': [2, 3], '<=': [2, 3], max: [1, 3], min: [1, 3],
  '+': [1, 3], '-': [1, 2], '*': [1, 3], '/': [2, 2], '%': [2, 2], map: [2, 2], filter: [2, 2], reduce: [2, 3], all: [2, 2], none: [2, 2],
  some: [2, 2], merge: [1, 3], in: [2, 2], cat: [1, 3], substr: [2, 3], log: [1, 1],
};
const lists = ['map', 'filter', 'reduce', 'all', 'none', 'some'];

function rule(depth) {
  if (depth <= 0 || random() < 0.1) return constant();
  if (random() < 0.25) return { var: random() < 0.7 ? pick(paths) : [pick(paths), value(1)] };
  if (random() < 0.06) return Array.from({ length: below(4) }, () => rule(depth - 1));
  const op = random() < 0.2 ? pick(lists) : pick(Object.keys(arity));
  const [least, most] = arity[op];
  const args = Array.from({ length: least + below(most - least + 1) }, () => rule(depth - 1));
  if (op === 'var') args[0] = random() < 0.8 ? pick(paths) : args[0];
  if (op === 'missing') args.forEach((_, i) => { if (random() < 0.8) args[i] = pick(paths); });
  if (op === 'missing_some') { args[0] = below(4); args[1] = random() < 0.8 ? names.slice(below(4)) : args[1]; }
  if (lists.includes(op)) args[0] = { var: pick(['a', 'b', 'c', 'd', 'e', 'e', '']) };
  return { [op]: args.length === 1 && !Array.isArray(args[0]) && random() < 0.5 ? args[0] : args };
}

function constant() {
  for (;;) {
    const out = value(1);
    // One key would be a rule, several of them operators.
    if (!JSON.stringify(out).match(/\{"[^"]*":[^,{}]*\}/)) return out;
  }
}

function main([mode, seed, count]) {
  console.log = () => {};  // what "log" does
  if (mode === 'written' || mode === 'sample') {
    for (const one of written) emit(one, record);
    sparse = mode === 'sample' ? 50 : 1;
    pairs();
    sparse = 1;
    if (mode === 'written') return;
  }
  state = Number(seed ?? 1);
  for (let done = 0; done < Number(count ?? 1000);) {
    const data = {};
    for (const name of names.slice(0, 5)) if (random() < 0.85) data[name] = value(3);
    if (Array.isArray(data.e) === false && random() < 0.8) data.e = Array.from({ length: below(5) }, () => value(2));
    done += emit(rule(1 + below(5)), data) ? 1 : 0;
  }
}
main(process.argv.slice(2));
