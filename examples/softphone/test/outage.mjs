// A phone with a mounted token, while one thing after the other fails.
import assert from 'node:assert/strict';
import { newKey, until } from './stage.mjs';
import { openAs, picture, setting, stage, step } from './setting.mjs';

const user = 'support';

export async function comesBack(t) {
  const { outage } = setting;
  const phone = await openAs(user, outage);
  await phone.until('title', /^Ready$/);
  await step(t, 'while the operator is down, for longer than a token lives', () => operatorDown(phone));
  await step(t, 'when Twilio does not accept the key, until the account has another', () => keyRefused(phone));
  await step(t, 'when the connection to Twilio is lost', () => connectionLost(phone));
  await step(t, 'when the softphone’s own server is down', () => backendDown(phone));
  assert.equal(phone.seen.loads, 1, 'it was loaded again');
  assert.deepEqual(phone.seen.complaints, []);
  assert.deepEqual(stage.twilio.seen(user).filter(({ at, expires }) => at >= expires), [], 'Twilio was shown an expired token');
  await phone.close();
}

async function operatorDown(phone) {
  const { outage } = setting;
  await outage.operator.stop();
  await phone.until('title', /works, but only until/, 70);
  assert.match(await phone.text('detail'), /the operator that renews the phone’s permission has stopped renewing it/);
  assert.deepEqual(await phone.barriers(), []);
  await picture(phone, 'in-danger');
  await phone.until('title', /^Your phone is off$/, 70);
  assert.match(await phone.text('detail'), /neither receive nor make calls.*ran out at/);
  assert.match(await phone.text('todo'), /comes back by itself.*tell your administrator: “the token in the Secret is not renewed”/);
  assert.deepEqual(await phone.barriers(), []);
  assert.equal(await phone.page.getByRole('button', { name: 'Call', exact: true }).isDisabled(), true);
  await until('it left Twilio', 5, () => stage.twilio.of(user).length === 0);
  await picture(phone, 'off');
  outage.operator = stage.operator('outage');
  await phone.until('title', /^Ready$/, 60);
}

async function keyRefused(phone) {
  const { twilio } = stage;
  twilio.keys.delete(setting.keys.outage.keySID);
  for (const { socket } of twilio.of(user)) socket.terminate();
  await phone.until('title', /Twilio does not accept the phone’s permission/, 60);
  assert.match(await phone.text('detail'), /31202/);
  assert.deepEqual(await phone.barriers(), []);
  const next = newKey();
  twilio.keys.set(next.keySID, next.secret);
  await stage.cluster.setAccount('outage', next);
  await phone.until('title', /^Ready$/, 60);
  assert.equal(twilio.seen(user).at(-1).key, next.keySID);
}

async function connectionLost(phone) {
  const before = stage.twilio.of(user);
  for (const { socket } of before) socket.terminate();
  await until('it registers by another connection', 60, () => stage.twilio.of(user).some((client) => client.registered && !before.includes(client)));
  await phone.until('title', /^Ready$/);
}

async function backendDown(phone) {
  const { softphone } = setting.outage;
  await softphone.program.stop();
  await phone.page.evaluate(() => window.dispatchEvent(new Event('online'))); // it asks now, and not in half a minute
  await phone.until('title', /works, but only until/);
  assert.match(await phone.text('detail'), /the softphone’s server does not answer/);
  await softphone.run();
  await phone.until('title', /^Ready$/, 60);
}
