// The softphone as a pod, on the cluster that KUBECONFIG names, with its mounts by a real kubelet: what steady.mjs has,
// with tokens of six minutes, in twenty minutes. test/onenode sets the cluster up.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { launch, peer } from './browser.mjs';
import { Cluster } from './cluster.mjs';
import { setting, stage } from './setting.mjs';
import { accountSID, certificate, until } from './stage.mjs';
import { StandIn } from './stand-in.mjs';
import { staysRegistered } from './steady.mjs';

const url = 'http://127.100.0.60:8080/'; // of the overlay, as is the port
const port = 39443;
const folder = mkdtempSync(join(tmpdir(), 'softphone-'));

const password = process.env.PASSWORD;

async function ask() {
  const answer = await fetch(`${url}token`, { headers: { Authorization: `Basic ${btoa(`tommy:${password}`)}` } });
  return answer.json();
}

before(async () => {
  stage.cluster = new Cluster({ kubectl: 'kubectl', kubeconfig: process.env.KUBECONFIG });
  stage.twilio = new StandIn(accountSID);
  await stage.twilio.open({ ...certificate(folder), port });
  stage.twilio.keys.set(setting.keys.support.keySID, setting.keys.support.secret);
  await stage.cluster.setAccount('support', setting.keys.support);
  await stage.cluster.kubectl(['rollout', 'status', '-n', 'support', 'deployment/softphone', '--timeout=180s']);
  await until('the pod shows a token of this key', 180, async () => stage.twilio.keys.has(jwt.decode((await ask()).token).iss));
  setting.support = { softphone: { url, as: (user) => ({ user, password }) } };
  setting.browser = await launch();
  setting.peer = await peer(setting.browser);
  stage.twilio.answer = (offer) => setting.peer.answer(offer);
}, { timeout: 400_000 });

after(async () => {
  await setting.browser?.close();
  await stage.twilio.close();
  rmSync(folder, { recursive: true });
});

test('the softphone in a pod stays registered and calls, across renewals and a rotation of the key', { timeout: 2_400_000 }, staysRegistered);
