// Chromium, as Debian has it: pages of users, and the other end of their calls.
import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);

export const launch = () => chromium.launch({
  executablePath,
  args: [
    '--no-sandbox', // tests run as root in containers
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream', // a microphone that is permitted, and beeps
    '--ignore-certificate-errors', // the stand-in's certificate is its own
    '--allow-loopback-in-peer-connection', '--disable-features=WebRtcHideLocalIpsWithMdns', // the other end is in this browser
    '--autoplay-policy=no-user-gesture-required',
  ],
});

// open is a page of a user who is signed in. `titles` are all that its first line has said, `loads` how often it was
// loaded, `asked` how often it asked for a token, and `complaints` what the browser had to say.
export async function open(browser, url, { user, password }, { before } = {}) {
  const context = await browser.newContext({ httpCredentials: { username: user, password }, viewport: { width: 560, height: 640 } });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const seen = { titles: [], loads: 0, complaints: [], asked: 0 };
  page.on('request', (request) => { if (/\/token/.test(request.url())) seen.asked++; });
  page.on('load', () => seen.loads++);
  page.on('pageerror', (error) => seen.complaints.push(String(error)));
  page.on('console', (line) => { if (/Content Security Policy|Uncaught/.test(line.text())) seen.complaints.push(line.text()); });
  await page.exposeFunction('toldTitle', (title) => seen.titles.push(title));
  await page.addInitScript(() => addEventListener('DOMContentLoaded', () => {
    const title = document.getElementById('title');
    new MutationObserver(() => window.toldTitle(title.textContent)).observe(title, { childList: true, characterData: true, subtree: true });
  }));
  if (before) await page.addInitScript(before);
  await page.goto(url);
  const text = (id) => page.locator(`#${id}`).innerText();
  return {
    page, seen, text,
    // until waits for the element to be seen, and to say what is expected.
    async until(id, pattern, seconds = 20) {
      await page.waitForFunction(([element, source]) => document.getElementById(element).checkVisibility() && new RegExp(source).test(document.getElementById(element).innerText),
        [id, pattern.source], { timeout: seconds * 1000, polling: 100 }).catch(async () => {
        throw new Error(`after ${seconds} s #${id} says ${JSON.stringify(await text(id))}, and not ${pattern}; the page says ${JSON.stringify(await text('status'))}`);
      });
    },
    click: (name) => page.getByRole('button', { name, exact: true }).click(),
    async dial(to) {
      await page.getByLabel('Number or client to call').fill(to);
      await page.getByRole('button', { name: 'Call', exact: true }).click();
    },
    // barriers are what axe finds that keeps people out (WCAG 2.2 A and AA), in what is to be seen now.
    async barriers() {
      await page.evaluate(axe.source);
      return page.evaluate(async () => {
        const { violations } = await window.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] });
        return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
      });
    },
    close: () => context.close(),
  };
}

// peer is the other end of calls: a page that sends a tone, and counts what it hears.
export async function peer(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto('about:blank');
  await page.evaluate(() => {
    const complete = (connection) => new Promise((resolve) => {
      const look = () => { if (connection.iceGatheringState === 'complete') resolve(connection.localDescription.sdp); };
      connection.addEventListener('icegatheringstatechange', look);
      look();
    });
    const begin = () => {
      const audio = new AudioContext();
      const tone = audio.createOscillator();
      const out = audio.createMediaStreamDestination();
      tone.connect(out);
      tone.start();
      const connection = new RTCPeerConnection();
      connection.addTrack(out.stream.getAudioTracks()[0], out.stream);
      return connection;
    };
    const ends = window.ends = [];
    window.offer = async () => {
      const connection = begin();
      await connection.setLocalDescription(await connection.createOffer());
      return { end: ends.push(connection) - 1, sdp: await complete(connection) };
    };
    window.accept = (end, sdp) => ends[end].setRemoteDescription({ type: 'answer', sdp });
    window.answer = async (sdp) => {
      const connection = begin();
      ends.push(connection);
      await connection.setRemoteDescription({ type: 'offer', sdp });
      await connection.setLocalDescription(await connection.createAnswer());
      return complete(connection);
    };
    window.heard = async () => Promise.all(ends.map(async (connection) => {
      for (const report of (await connection.getStats()).values()) if (report.type === 'inbound-rtp') return report.packetsReceived;
      return 0;
    }));
  });
  return {
    offer: () => page.evaluate(() => window.offer()),
    accept: (end, sdp) => page.evaluate(([e, s]) => window.accept(e, s), [end, sdp]),
    answer: (sdp) => page.evaluate((s) => window.answer(s), sdp),
    // heard says how many packets came to each end.
    heard: () => page.evaluate(() => window.heard()),
    close: () => context.close(),
  };
}
