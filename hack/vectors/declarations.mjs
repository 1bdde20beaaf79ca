// The declarations that vectors are made for. What a text may hold is this project's
// rule: a client name has no control character, space or "unwise" one; params and
// filters have names, and at most 800 bytes.

const applicationSID = 'AP0123456789abcdef0123456789abcdef';
const pushCredentialSID = 'CR0123456789abcdef0123456789abcdef';
const range = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => String.fromCharCode(from + i)).join('');

const printable = range(0x20, 0x7e);
const inClientNames = [...printable].filter((c) => !' <>#%"{}|\\^[]`'.includes(c)).join('');
const controls = range(0x00, 0x1f) + '\x7f\u0080\u2028\u2029';
const manyLanguages = 'grüße, привет, こんにちは, 😀 ☎ \u{10ffff}';

const outgoing = (params) => ({ applicationSID, ...(params && { params }) });

// What params and filters may say, as [name, map].
const texts = [
  ['one value', { team: 'support' }],
  ['every printable character in a value', { all: printable }],
  ['every printable character in a name', { [printable]: 'x' }],
  ['every printable character as a value of its own', Object.fromEntries([...printable.slice(0, 32)].map((c, i) => [`p${i}`, c]))],
  ['letters and punctuation as values of their own', Object.fromEntries([...printable.slice(63)].map((c, i) => [`p${i}`, c]))],
  ['a percent sign', { share: '50%', '%': '%25%2B%' }],
  ['a plus sign', { sum: 'a+b', 'c+d': '+' }],
  ['an ampersand', { both: 'a&b', 'c&d': '&' }],
  ['an equals sign', { equation: 'a=b', 'c=d': '=' }],
  ['a space', { queue: 'first line', 'second line': ' ' }],
  ['a slash and a question mark', { path: '/first/second?third', 'a/b': '//' }],
  ['quotes and backslashes', { said: '"a\\b"', '\\"': "'" }],
  ['a quote alone', { '"': 'x', x: '"' }],
  ['a backslash alone', { '\\n': 'x', x: 'a\\b' }],
  ['a line break alone', { '\n': 'x', x: 'a\r\nb' }],
  ['markup', { markup: '<a href="b">&amp;</a>' }],
  ['text that looks encoded already', { twice: '%20+%2B%26%3D', '%41': 'A' }],
  ['a whole query string', { query: 'appSid=x&clientName=support&appParams=a%3Db' }],
  ['text of many languages', { text: manyLanguages, ключ: 'значение' }],
  ['control characters and line ends of Unicode', { text: controls }],
  ['an empty value', { empty: '' }],
  ['empty values beside others', { a: '', b: 'x', c: '' }],
  ['a long value', { text: 'x'.repeat(796) }],
  ['a long value that is all encoded', { text: '%'.repeat(796) }],
  ['32 of them, not in order', Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`name${(i * 7) % 32}`, `value ${i}`]))],
  ['names in capitals and small letters', { b: '1', B: '2', a: '3', A: '4', _: '5', 'ä': '6' }],
  ['names of the scope itself', { clientName: 'support', appSid: 'AP1', appParams: 'a=b', params: 'c', path: '/', scope: 'x' }],
  ['names of the grants themselves', { identity: 'support', application_sid: 'AP1', allow: 'false', voice: '{}', exp: '0' }],
];

const clientNames = [
  ['a client name', 'tommy'],
  ['a client name of one character', 't'],
  ['a client name with every character that is legal', inClientNames],
  ['a client name with +, & and =', 'tommy+support&team=1'],
  ['a client name with a slash', 'support/tommy'],
  ['a client name in UTF-8', 'tömmy-томми-😀'],
  ['a client name of 256 characters', 'tommy'.repeat(51) + 't'],
  ['a client name of 256 characters in UTF-8', '☎'.repeat(256)],
];

const lifetimes = [5, 59, 60, 600, 3600, 43200, 86399, 86400];

export const capabilityDeclarations = [
  ...clientNames.flatMap(([name, clientName]) => [
    { name: `incoming, ${name}`, clientName, incoming: true },
    { name: `outgoing, ${name}`, clientName, outgoing: outgoing() },
  ]),
  { name: 'outgoing without a client name', outgoing: outgoing() },
  { name: 'outgoing with no params in a map', outgoing: outgoing({}) },
  { name: 'incoming and outgoing', clientName: 'tommy', incoming: true, outgoing: outgoing() },
  { name: 'the event stream', eventStream: {} },
  { name: 'the event stream with no filters in a map', eventStream: { filters: {} } },
  { name: 'incoming and the event stream', clientName: 'tommy', incoming: true, eventStream: {} },
  { name: 'outgoing and the event stream', clientName: 'tommy', outgoing: outgoing(), eventStream: {} },
  ...texts.flatMap(([name, map]) => [
    { name: `params: ${name}`, outgoing: outgoing(map) },
    { name: `filters: ${name}`, eventStream: { filters: map } },
    { name: `everything: ${name}`, clientName: 'tommy', incoming: true, outgoing: outgoing(map), eventStream: { filters: map } },
  ]),
  ...lifetimes.map((ttl) => ({ name: `incoming for ${ttl} s`, clientName: 'tommy', incoming: true, ttl })),
].map((d) => ({ type: 'Capability', ttl: 3600, ...d }));

const combinations = [undefined, 'us1', 'ie1', 'au1'].flatMap((region) =>
  [undefined, pushCredentialSID].flatMap((push) =>
    ['incoming', 'outgoing', 'incoming and outgoing'].map((what) => ({
      name: [what, region && `in ${region}`, push && 'with a push credential'].filter(Boolean).join(', '),
      clientName: 'tommy',
      ...(what.includes('incoming') && { incoming: true }),
      ...(what.includes('outgoing') && { outgoing: outgoing({ team: 'support' }) }),
      ...(push && { pushCredentialSID: push }),
      ...(region && { region }),
    }))));

export const accessDeclarations = [
  ...combinations,
  { name: 'outgoing without params', clientName: 'tommy', outgoing: outgoing() },
  { name: 'outgoing with no params in a map', clientName: 'tommy', outgoing: outgoing({}) },
  ...clientNames.map(([name, clientName]) => ({ name: `incoming, ${name}`, clientName, incoming: true })),
  ...texts.map(([name, map]) => ({ name: `params: ${name}`, clientName: 'tommy', outgoing: outgoing(map) })),
  ...lifetimes.map((ttl) => ({ name: `incoming for ${ttl} s`, clientName: 'tommy', incoming: true, ttl })),
  { name: 'incoming that begins at once (nbf)', clientName: 'tommy', incoming: true, nbf: true },
].map((d) => ({ type: 'Access', ttl: 3600, ...d }));
