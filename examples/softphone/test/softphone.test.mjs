// The whole way: tokens by the real operator and token server, handed out by the real backend, used by the real SDK in
// the real page, in Chromium. Twilio alone is a stand-in.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { launch, open, peer } from './browser.mjs';
import { Stage, newKey, until } from './stage.mjs';

const screenshots = process.env.SCREENSHOTS; // a folder; they are taken where it is named
const stage = new Stage();
const agents = Array.from({ length: 10 }, (_, i) => `agent_${i}`);
const renewals = Number(process.env.RENEWALS ?? 3);
const ttl = process.env.TTL ?? '2m';
const seconds = ttl.endsWith('m') ? parseInt(ttl, 10) * 60 : parseInt(ttl, 10);
let browser;
let support; // the namespace in which all goes well
let outage; // and the one in which it does not
let failed = false;
const firstKey = newKey();
const outageKey = newKey();

async function picture(phone, name) {
  if (!screenshots) return;
  mkdirSync(screenshots, { recursive: true });
  await phone.page.screenshot({ path: join(screenshots, `${name}.png`) });
}

const it = (name, what) => test(name, async (t) => {
  try {
    await what(t);
  } catch (error) {
    failed = true;
    throw error;
  }
});

before(async () => {
  await stage.start();
  browser = await launch();
  [support, outage] = await Promise.all([
    stage.deploy('support', { ttl, key: firstKey, users: ['tommy', 'sarah', ...agents] }),
    stage.deploy('outage', { ttl: '1m', key: outageKey, users: ['tommy'] }),
  ]);
}, { timeout: 180_000 });

after(async () => {
  await browser?.close();
  await stage.close(failed);
}, { timeout: 60_000 });

describe('the softphone', { concurrency: true, timeout: (seconds * (renewals + 1) + 120) * 1000 }, () => {
  it('stays registered across renewals and a rotation, without a reload, and shows no expired token', async () => {
    const { twilio } = stage;
    const phone = await open(browser, support.softphone.url, support.softphone.as('tommy'));
    await phone.until('title', /^Ready$/);
    assert.equal(await phone.text('identity'), 'tommy');
    assert.equal(await phone.text('may'), 'receive calls for tommy, and make calls');
    const own = () => twilio.seen('tommy').filter(({ key }) => key !== outageKey.keySID);
    const [client] = twilio.of('tommy').filter(({ registered }) => registered).filter((one) => own().some(({ token }) => one.first === undefined || token));
    const secondKey = newKey();
    let rotated = false;
    for (let n = 2; n <= renewals + 1; n++) {
      await until(`the token ${n} is used`, seconds, () => new Set(own().map(({ token }) => token)).size >= n);
      if (rotated) continue;
      // As docs/access-tokens.md has it: the new key is made, the Secret changed, and the old key deleted once nobody uses it.
      twilio.keys.set(secondKey.keySID, secondKey.secret);
      await stage.cluster.setAccount('support', secondKey);
      rotated = true;
    }
    await until('a token of the new key is used', seconds, () => own().some(({ key }) => key === secondKey.keySID));
    twilio.keys.delete(firstKey.keySID);
    assert.equal(client.registered, true);
    assert.deepEqual(own().filter(({ code, at, expires }) => code || at >= expires), [], 'a token was refused, or over');
    assert.equal(phone.seen.loads, 1);
    const first = phone.seen.titles.indexOf('Ready');
    assert.deepEqual(phone.seen.titles.slice(first), ['Ready'], 'it was not ready all the time');
    assert.deepEqual(phone.seen.complaints, []);
    await phone.close();
  });
});
