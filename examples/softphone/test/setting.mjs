// What all cases share: two namespaces, one in which all goes well and one in which it does not, a browser, and the
// other end of calls.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { launch, open, peer } from './browser.mjs';
import { Stage, newKey } from './stage.mjs';

export const agents = Array.from({ length: 10 }, (_, i) => `agent_${i}`);
export const ttl = process.env.TTL ?? '2m';
export const ttlSeconds = parseInt(ttl, 10) * (ttl.endsWith('m') ? 60 : 1);
export const renewals = Number(process.env.RENEWALS ?? 3);

export const stage = new Stage();
export const setting = { keys: { support: newKey(), outage: newKey() } };
let failed = false;

// noting keeps in mind that a case failed, so that the logs are shown.
export const noting = (what) => async (t) => {
  try {
    await what(t);
  } catch (error) {
    failed = true;
    throw error;
  }
};

// step is a part of a case, without which the rest means nothing.
export async function step(t, name, what) {
  const begun = Date.now();
  try {
    await within(what(), ttlSeconds + 120);
  } catch (cause) {
    throw new Error(`${name}: ${cause.message}`, { cause });
  }
  t.diagnostic(`${name}: ${Math.round((Date.now() - begun) / 1000)} s`);
}

async function within(promise, seconds) {
  let timer;
  const over = new Promise((_, reject) => { timer = setTimeout(() => reject(new Error(`it takes more than ${seconds} s`)), seconds * 1000); });
  try {
    return await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
  }
}

export const openAs = (user, namespace = setting.support, more = {}) => open(setting.browser, namespace.softphone.url, namespace.softphone.as(user), more);

// picture is taken where SCREENSHOTS names a folder.
export async function picture(phone, name) {
  const folder = process.env.SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await phone.page.screenshot({ path: join(folder, `${name}.png`) });
}

export function prepare() {
  before(async () => {
    await stage.start();
    setting.browser = await launch();
    setting.peer = await peer(setting.browser);
    stage.twilio.answer = (offer) => setting.peer.answer(offer);
    const { keys } = setting;
    setting.support = await stage.deploy('support', { ttl, key: keys.support, client: 'tommy', users: ['tommy', 'sarah', 'agent_99', ...agents] });
    setting.outage = await stage.deploy('outage', { ttl: '1m', key: keys.outage, client: 'support', users: ['support'] });
  }, { timeout: 180_000 });

  after(async () => {
    await setting.browser?.close();
    await stage.close(failed);
  }, { timeout: 60_000 });
}
