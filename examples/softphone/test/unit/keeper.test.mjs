import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Keeper } from '../../web/keeper.js';

const start = Date.UTC(2026, 2, 14, 9, 0, 0);
let replies; // what the backend says from here on: the last one again and again
let asks; // the seconds at which it was asked
let told; // what the page heard

function keeper({ skew = 0 } = {}) {
  const kept = new Keeper({
    now: () => Date.now() + skew,
    ask: async () => {
      asks.push((Date.now() - start) / 1000);
      const reply = replies.length > 1 ? replies.shift() : replies[0];
      if (reply instanceof Error) throw reply;
      return reply();
    },
    told: ({ isNew }) => told.push({ isNew, alive: kept.alive, trouble: kept.trouble?.code }),
  });
  return kept;
}

const token = (name, lives) => () => ({ token: name, now: new Date().toISOString(), expiresAt: new Date(Date.now() + lives * 1000).toISOString() });
const failure = (code, after) => Object.assign(new Error(code), { code, after });

async function pass(seconds) {
  for (let i = 0; i < seconds * 10; i++) {
    mock.timers.tick(100);
    for (let turn = 0; turn < 8; turn++) await Promise.resolve();
  }
}

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now: start });
  [replies, asks, told] = [[], [], []];
});

test('a token is followed by the next before it expires, for ever', async () => {
  replies = Array.from({ length: 9 }, (_, i) => token(`token ${i}`, 120));
  const kept = keeper();
  await kept.askNow();
  await pass(400);
  assert.deepEqual(asks, [0, 80, 160, 240, 320, 400]);
  assert.ok(told.every(({ alive, isNew }) => alive && isNew));
});

test('a browser whose clock is an hour wrong asks at the right time', async () => {
  for (const skew of [-3_600_000, 3_600_000]) {
    [asks, told] = [[], []];
    replies = [token('one', 120)];
    const kept = keeper({ skew });
    const begun = (Date.now() - start) / 1000;
    await kept.askNow();
    await pass(81);
    assert.deepEqual(asks.slice(0, 2).map((at) => at - begun), [0, 80]);
    kept.rest();
  }
});

test('a file that shows the former token still is asked again until it shows the next', async () => {
  const expires = new Date(start + 120_000).toISOString();
  const former = () => ({ token: 'former', now: new Date().toISOString(), expiresAt: expires });
  replies = [former, former, former, token('next', 120)];
  const kept = keeper();
  await kept.askNow();
  await pass(95);
  assert.deepEqual(asks.map(Math.round), [0, 80, 84, 88]);
  assert.equal(kept.answer.token, 'next');
  assert.ok(told.every(({ alive }) => alive));
});

test('when nobody renews for longer than the token lives, that is told, and it goes on by itself', async () => {
  replies = [token('one', 60), failure('token-expiring', 5)];
  const kept = keeper();
  await kept.askNow();
  await pass(70);
  assert.equal(kept.alive, false);
  assert.deepEqual(told.at(-1), { isNew: false, alive: false, trouble: 'token-expiring' });
  assert.ok(told.some(({ alive, trouble }) => alive && trouble === 'token-expiring'), 'it was told before it was over');
  replies = [token('two', 60)];
  await pass(16);
  assert.deepEqual(told.at(-1), { isNew: true, alive: true, trouble: undefined });
});

test('a token that Twilio refused is replaced by the next, and not used again at once', async () => {
  replies = [token('refused', 3600)];
  const kept = keeper();
  await kept.askNow();
  kept.refuse();
  assert.equal(kept.alive, false);
  await pass(10);
  assert.equal(kept.alive, false, 'the same token came again');
  replies = [token('another', 3600)];
  await pass(16);
  assert.equal(kept.answer.token, 'another');
  assert.equal(kept.alive, true);
});

test('a token that Twilio refused is tried again after half a minute, where there is no other', async () => {
  const lasting = () => ({ token: 'refused', now: new Date().toISOString(), expiresAt: new Date(start + 3_600_000).toISOString() });
  replies = [lasting];
  const kept = keeper();
  await kept.askNow();
  kept.refuse();
  await pass(50);
  assert.equal(kept.alive, true);
  assert.equal(told.filter(({ isNew }) => isNew).length, 2);
});

test('two asks at once are one', async () => {
  replies = [token('one', 60)];
  const kept = keeper();
  await Promise.all([kept.askNow(), kept.askNow()]);
  assert.equal(asks.length, 1);
});

test('the hint of the SDK asks, in the last seconds of a token', async () => {
  replies = [token('one', 60), failure('no-backend')];
  const kept = keeper();
  await kept.askNow();
  kept.willExpire();
  assert.equal(asks.length, 1, 'it was of a former token');
  await pass(49);
  const before = asks.length;
  kept.willExpire();
  assert.equal(asks.length, before + 1);
});
