// Phones with tokens on demand: five seconds, for one call.
import assert from 'node:assert/strict';
import { until } from './stage.mjs';
import { agents, openAs, picture, stage } from './setting.mjs';

const lineOf = (agent) => agent.replace('agent', 'line');

export async function agentsCallUnderTheirOwnNames() {
  const { twilio } = stage;
  const phones = new Map();
  for (const agent of agents) {
    const phone = await openAs(agent);
    phones.set(agent, phone);
    await phone.until('title', /^Ready$/);
    assert.equal(await phone.text('identity'), agent);
    assert.equal(await phone.text('may'), 'make calls');
  }
  for (const [agent, phone] of phones) {
    await phone.dial(lineOf(agent));
    await phone.until('call', new RegExp(`In a call with ${lineOf(agent)}`), 60);
  }
  await picture(phones.get('agent_7'), 'agent');
  for (const agent of agents) {
    const shown = twilio.seen(agent);
    assert.ok(shown.every(({ expires, at }) => expires - at <= 5000), 'they live for five seconds');
    assert.equal(shown.at(-1).code, undefined);
    const lines = twilio.calls.filter(({ identity }) => identity === agent).map(({ params }) => params.get('To'));
    assert.deepEqual(lines, [lineOf(agent)], `calls under the name ${agent}`);
  }
  // The tokens end, and the calls don't; nobody asks for tokens that nobody needs.
  await until('the tokens are over', 20, () => agents.every((agent) => twilio.seen(agent).every(({ expires }) => Date.now() > expires + 1000)));
  for (const [agent, phone] of phones) {
    assert.match(await phone.text('call'), /In a call/, agent);
    assert.match(await phone.text('title'), /^Ready$/, agent);
    assert.equal(phone.seen.asked, 1 + twilio.seen(agent).length, 'one when it was opened, and one for each that it showed');
    assert.deepEqual(phone.seen.complaints, []);
    await phone.click('Hang up');
    await until('it left Twilio', 10, () => twilio.of(agent).length === 0);
    await phone.close();
  }
}

// What the browser says of who it is changes nothing.
export async function strangersAreRefused() {
  const phone = await openAs('sarah');
  await phone.until('title', /^Your phone is off$/);
  assert.match(await phone.text('detail'), /nobody of your name may have a phone here/);
  assert.match(await phone.text('todo'), /Ask your administrator to permit your name/);
  assert.deepEqual(await phone.barriers(), []);
  await picture(phone, 'refused');
  for (const path of ['token/on-demand?clientName=agent_1', 'token']) {
    const { status, code } = await phone.page.evaluate(async (asked) => {
      const response = await fetch(asked, { method: asked === 'token' ? 'GET' : 'POST', body: asked === 'token' ? undefined : '{"clientName": "agent_1"}' });
      return { status: response.status, code: (await response.json()).code };
    }, path);
    assert.equal(status, 403);
    assert.equal(code, path === 'token' ? 'not-yours' : 'name-refused');
  }
  assert.deepEqual(stage.twilio.seen('sarah'), []);
  await phone.close();
}

export async function aMicrophoneIsRefused() {
  const phone = await openAs('agent_99', undefined, {
    before: () => { navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('Permission denied', 'NotAllowedError')); },
  });
  await phone.until('title', /^Ready$/);
  await phone.dial('support');
  await phone.until('lastcall', /may not use the microphone.*Permit it/);
  assert.deepEqual(await phone.barriers(), []);
  assert.equal(await phone.page.getByRole('button', { name: 'Call', exact: true }).isEnabled(), true);
  await phone.close();
}
