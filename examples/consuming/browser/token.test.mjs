import assert from 'node:assert/strict';
import {EventEmitter} from 'node:events';
import {beforeEach, mock, test} from 'node:test';
import {askToken, keepFresh} from './token.mjs';

const minute = 60_000;
const settled = () => new Promise((resolve) => setImmediate(resolve));

// Device has of Twilio's what keepFresh uses.
class Device extends EventEmitter {
  given = [];
  constructor(token) { super(); this.token = token; }
  updateToken(token) { this.token = token; this.given.push(token); }
}

let asked, answer;

beforeEach(() => {
  asked = 0;
  mock.timers.reset();
  mock.timers.enable({apis: ['setTimeout']});
  mock.method(console, 'warn', () => {});
  mock.method(globalThis, 'fetch', async (path, {cache}) => {
    assert.deepEqual([path, cache], ['/token', 'no-store']);
    asked++;
    return answer();
  });
});

const gives = (token, left) => () => new Response(JSON.stringify({token, expiresAt: '2026-03-04T12:00:00Z'}), {
  headers: {Date: new Date(Date.parse('2026-03-04T12:00:00Z') - left).toUTCString()},
});
const pass = async (ms) => { mock.timers.tick(ms); await settled(); await settled(); };

test('what is left is told by the clock of the server', async () => {
  answer = gives('a', 10 * minute);
  assert.deepEqual(await askToken(), {token: 'a', left: 10 * minute});
});

test('what does not live is refused, and a server that does not show its clock is believed', async () => {
  for (const left of [0, -minute, NaN]) {
    answer = left === left ? gives('a', left) : () => new Response('{"token": "a"}');
    await assert.rejects(askToken, {message: 'the server gave no token that lives'});
  }
  answer = () => new Response(JSON.stringify({token: 'a', expiresAt: new Date(Date.now() + minute)}));
  const {left} = await askToken();
  assert.ok(left > minute / 2 && left <= minute, `${left} ms are left`);
});

test('a new token is given to the device, and one that it has is not', async () => {
  const device = new Device('a');
  keepFresh(device, 60 * minute);
  answer = gives('a', 30 * minute);
  await pass(30 * minute - 1);
  assert.equal(asked, 0);
  await pass(1);
  assert.deepEqual([asked, device.given], [1, []]);
  answer = gives('b', 60 * minute);
  await pass(15 * minute);
  assert.deepEqual([asked, device.given], [2, ['b']]);
});

test('a server without a token is asked again after five seconds', async () => {
  const device = new Device('a');
  keepFresh(device, 2 * minute);
  answer = () => new Response('no fresh token at present', {status: 503});
  await pass(minute);
  answer = () => { throw new TypeError('no network'); };
  await pass(5_000);
  answer = gives('b', 60 * minute);
  await pass(5_000);
  assert.deepEqual([asked, device.given], [3, ['b']]);
});

test('a warning and an expired token ask at once, and one timer is left', async () => {
  const device = new Device('a');
  keepFresh(device, 60 * minute);
  answer = gives('b', 60 * minute);
  device.emit('tokenWillExpire');
  device.emit('error', {code: 20104});
  device.emit('error', {code: 31005}); // the network's
  await settled();
  await settled();
  assert.deepEqual([asked, device.given], [2, ['b']]);
  await pass(30 * minute);
  assert.equal(asked, 3);
});
