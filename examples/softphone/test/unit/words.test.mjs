import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { status } from '../../web/status.js';
import { error, errors, may, problems } from '../../web/words.js';

const both = { incoming: true, outgoing: true };
const ready = { user: 'tommy', answer: both, alive: true, until: '10:45', trouble: null, line: 'registered', fault: null };

test('there are words for every code of the backend', () => {
  const source = readFileSync(new URL('../../problem.go', import.meta.url), 'utf8');
  const codes = [...source.matchAll(/= "([a-z]+-?[a-z]+)" +\/\/ /g)].map(([, code]) => code);
  assert.ok(codes.length >= 8, `${codes}`);
  for (const code of codes) assert.ok(problems[code], `no words for ${code}`);
});

test('every problem and every error says what is the matter and what to do', () => {
  for (const [code, { matter, todo }] of Object.entries(problems)) assert.ok(matter && todo, code);
  for (const [number, { about, title, todo }] of Object.entries(errors)) {
    assert.ok(['token', 'line', 'call', 'microphone'].includes(about) && title && todo, number);
  }
});

test('an error without words of its own says its number', () => {
  assert.match(error(12345).title, /12345/);
  assert.match(error(12345).todo, /12345/);
});

test('refusals of the token ask for another, and lost connections do not', () => {
  for (const number of [20101, 20104, 20151, 31202, 31204, 31205, 31207]) assert.equal(error(number).about, 'token', `${number}`);
  for (const number of [31005, 31206, 53000]) assert.equal(error(number).about, 'line', `${number}`);
  assert.equal(error(31401).about, 'microphone');
});

test('a phone that works says what for', () => {
  assert.deepEqual(status(ready), { tone: 'good', title: 'Ready', detail: 'You can receive and make calls.', todo: '' });
  assert.equal(status({ ...ready, answer: { incoming: true } }).detail, 'You can receive calls.');
  assert.equal(status({ ...ready, answer: { outgoing: true }, alive: false, line: 'off' }).detail, 'You can make calls.');
  assert.equal(status({ ...ready, line: 'connecting' }).tone, 'wait');
  assert.equal(status({ ...ready, answer: null, user: '' }).title, 'Starting …');
});

test('a phone that can’t be renewed works on, and says until when and why', () => {
  const now = status({ ...ready, trouble: { code: 'token-expiring' } });
  assert.equal(now.tone, 'warn');
  assert.match(now.title, /only until 10:45/);
  assert.match(now.detail, /stopped renewing/);
});

test('a phone without a live token says that it is off, since when, why, and that it comes back by itself', () => {
  const now = status({ ...ready, alive: false, line: 'off', trouble: { code: 'token-expiring' } });
  assert.equal(now.tone, 'bad');
  assert.match(now.title, /is off/);
  assert.match(now.detail, /stopped renewing.*ran out at 10:45/);
  assert.match(now.todo, /by itself/);
});

test('a name that is refused is told to the one whose it is', () => {
  const now = status({ ...ready, answer: null, alive: false, trouble: { code: 'name-refused' } });
  assert.match(now.detail, /nobody of your name may have a phone here/);
  assert.match(now.todo, /clientNamePattern/);
});

test('what Twilio refused is said with its number', () => {
  const now = status({ ...ready, alive: false, line: 'off', fault: { number: 31202 } });
  assert.match(now.title, /does not accept/);
  assert.match(now.detail, /31202/);
});

test('what a phone may do is said in words', () => {
  assert.equal(may(both, 'tommy'), 'receive calls for tommy, and make calls');
  assert.equal(may({ outgoing: true }, 'tommy'), 'make calls');
});
