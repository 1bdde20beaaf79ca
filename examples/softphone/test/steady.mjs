// A phone with a mounted token, while all goes well.
import assert from 'node:assert/strict';
import { newKey, until } from './stage.mjs';
import { openAs, picture, renewals, setting, stage, step, ttlSeconds } from './setting.mjs';

export async function staysRegistered(t) {
  const { twilio } = stage;
  const phone = await openAs('tommy');
  const tokens = () => twilio.seen('tommy');
  const different = () => new Set(tokens().map(({ token }) => token)).size;
  await phone.until('title', /^Ready$/);
  const [client] = twilio.of('tommy');

  await step(t, 'it says who one is, what one may, and until when', async () => {
    assert.equal(await phone.text('identity'), 'tommy');
    assert.equal(await phone.text('may'), 'receive calls for tommy, and make calls');
    assert.match(await phone.text('until'), /\d+:\d+:\d+.*renewed before that/);
    await picture(phone, 'ready');
  });
  await step(t, 'it receives calls: answers, mutes, hangs up, declines, and hears that the other end hung up', () => receives(phone));
  await step(t, 'it makes calls, by the keyboard alone', () => calls(phone));
  await step(t, 'it keeps nobody out, in no state and in no colours', () => keepsNobodyOut(phone));

  const talk = await ring(phone);
  await step(t, 'a call goes on while the token is renewed', async () => {
    const before = different();
    await until('the next token is used', ttlSeconds, () => different() > before);
    assert.match(await phone.text('call'), /In a call/);
    const heard = (await setting.peer.heard())[talk.end];
    await until('the other end hears on', 10, async () => (await setting.peer.heard())[talk.end] > heard + 20);
    await phone.click('Hang up');
    await talk.call.ended;
  });

  await step(t, 'the account’s key is rotated, and the old one deleted once the new one is used', async () => {
    const next = newKey();
    twilio.keys.set(next.keySID, next.secret);
    await stage.cluster.setAccount('support', next);
    await until('a token of the new key is used', ttlSeconds, () => tokens().some(({ key }) => key === next.keySID));
    twilio.keys.delete(setting.keys.support.keySID);
  });

  await until(`${renewals} renewals`, ttlSeconds * renewals, () => different() > renewals);
  assert.deepEqual(tokens().filter(({ code, at, expires }) => code || at >= expires), [], 'a token was refused, or over');
  assert.deepEqual(twilio.of('tommy'), [client], 'it connected anew');
  assert.equal(client.registered, true);
  assert.equal(phone.seen.loads, 1);
  assert.deepEqual(phone.seen.titles.slice(phone.seen.titles.indexOf('Ready')), ['Ready'], 'it was not ready all the time');
  assert.deepEqual(phone.seen.complaints, []);
  t.diagnostic(`${different()} tokens were shown, each with ${shortest(tokens())} s or more left, and ${phone.seen.asked} asked for`);
  await phone.close();
}

const shortest = (tokens) => Math.floor(Math.min(...tokens.map(({ at, expires }) => expires - at)) / 1000);

// ring has a call answered, and both ends heard.
async function ring(phone) {
  const { end, sdp } = await setting.peer.offer();
  const call = stage.twilio.ring('tommy', { from: 'client:support', offer: sdp });
  await phone.until('caller', /client:support/);
  await picture(phone, 'ringing');
  await phone.click('Answer');
  await setting.peer.accept(end, await call.answered);
  await phone.until('call', /In a call with client:support/);
  await until('the other end hears', 10, async () => (await setting.peer.heard())[end] > 20);
  return { call, end };
}

async function receives(phone) {
  const first = await ring(phone);
  const mute = phone.page.getByRole('button', { name: 'Mute' });
  for (const pressed of ['true', 'false']) {
    await mute.click();
    await until('the button shows it', 5, async () => await mute.getAttribute('aria-pressed') === pressed);
  }
  await phone.click('Hang up');
  assert.equal(await first.call.ended, 'hangup');
  await phone.until('title', /^Ready$/);

  const second = await ring(phone);
  second.call.hangUp();
  await until('the call is over', 5, () => phone.page.locator('#talking').isHidden());

  const declined = stage.twilio.ring('tommy', { from: 'client:support', offer: (await setting.peer.offer()).sdp });
  await phone.until('caller', /client:support/);
  assert.match(await phone.page.title(), /Call from client:support/);
  await phone.click('Decline');
  assert.equal(await declined.ended, 'reject');
}

async function calls(phone) {
  const { keyboard } = phone.page;
  await phone.page.getByLabel('Number or client to call').focus();
  await keyboard.type('support');
  await keyboard.press('Enter');
  await phone.until('call', /In a call with support/);
  await picture(phone, 'calling');
  const made = stage.twilio.calls.filter(({ identity }) => identity === 'tommy').at(-1);
  assert.equal(made.params.get('To'), 'support');
  await keyboard.press('Enter'); // "Hang up" has the focus
  assert.equal(await made.ended, 'hangup');
  await until('the field has the focus', 5, () => phone.page.evaluate(() => document.activeElement.id === 'to'));
}

async function keepsNobodyOut(phone) {
  const { sdp } = await setting.peer.offer();
  for (const colorScheme of ['light', 'dark']) {
    await phone.page.emulateMedia({ colorScheme });
    assert.deepEqual(await phone.barriers(), [], `ready, ${colorScheme}`);
    const call = stage.twilio.ring('tommy', { from: 'client:support', offer: sdp });
    await phone.until('caller', /client:support/);
    assert.deepEqual(await phone.barriers(), [], `ringing, ${colorScheme}`);
    await phone.click('Decline');
    await call.ended;
    await phone.dial('support');
    await phone.until('call', /In a call/);
    assert.deepEqual(await phone.barriers(), [], `in a call, ${colorScheme}`);
    await phone.click('Hang up');
    await until('the call is over', 5, () => phone.page.locator('#talking').isHidden());
  }
  await phone.page.emulateMedia({ colorScheme: 'light' });
}
