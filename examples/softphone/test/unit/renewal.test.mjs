import assert from 'node:assert/strict';
import { test } from 'node:test';
import { due, wait } from '../../web/renewal.js';

test('the first ask comes when a third of what the token had is left', () => {
  assert.equal(wait({ left: 3600, asked: 0 }), 2400);
  assert.equal(wait({ left: 120, asked: 0 }), 80);
});

test('while the token lives, the asks come nearer as its end does', () => {
  for (const [left, seconds] of [[1200, 60], [120, 12], [31, 3.1], [5, 1]]) assert.equal(wait({ left, asked: 1 }), seconds);
});

test('a failing backend is asked at least ten times in the last third of any token', () => {
  for (const lifetime of [120, 360, 3600, 86_399]) {
    let left = lifetime - wait({ left: lifetime, asked: 0 });
    let asks = 1;
    for (; left > 0; asks++) left -= wait({ left, asked: asks });
    assert.ok(asks >= 10, `${asks} asks for ${lifetime} s`);
  }
});

test('without a token it is asked after 1, 2, 4, 8 and then every 15 seconds', () => {
  assert.deepEqual([1, 2, 3, 4, 5, 6, 900].map((asked) => wait({ left: 0, asked })), [1, 2, 4, 8, 15, 15, 15]);
});

test('what the backend says in Retry-After is heeded, within bounds', () => {
  assert.equal(wait({ left: -3, asked: 1, after: 5 }), 5);
  assert.equal(wait({ left: -3, asked: 1, after: 3600 }), 15);
});

test('the hint of the SDK is followed in the last seconds, and not for a token that never had more', () => {
  assert.equal(due({ left: 10, lifetime: 3600 }), true);
  assert.equal(due({ left: 2000, lifetime: 3600 }), false, 'it is of a former token');
  assert.equal(due({ left: 5, lifetime: 5 }), false, 'it comes at once');
  assert.equal(due({ left: 10, lifetime: 10 }), false, 'it comes at once');
});
