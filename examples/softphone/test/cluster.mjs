// The Kubernetes API, as a test's administrator uses it, and what a kubelet does with a mounted Secret.
import { execFile } from 'node:child_process';
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export class Cluster {
  constructor({ kubectl, kubeconfig }) {
    Object.assign(this, { program: kubectl, kubeconfig });
  }

  // kubectl gives what is printed; input is what it reads.
  async kubectl(args, input) {
    const child = run(this.program, args, { env: { ...process.env, KUBECONFIG: this.kubeconfig }, maxBuffer: 16 << 20 });
    child.child.stdin.end(input ?? '');
    return (await child).stdout;
  }

  // connect reads the kubeconfig, for requests without a program for each.
  async connect() {
    const config = JSON.parse(await this.kubectl(['config', 'view', '--raw', '-o', 'json']));
    const [{ cluster }] = config.clusters;
    const [{ user }] = config.users;
    const plain = (text) => text && Buffer.from(text, 'base64');
    this.server = cluster.server.replace(/\/$/, '');
    this.ca = plain(cluster['certificate-authority-data']);
    this.identity = { ca: this.ca, cert: plain(user['client-certificate-data']), key: plain(user['client-key-data']) };
    return this;
  }

  get(path) {
    return new Promise((resolve, reject) => {
      request(this.server + path, this.identity, (response) => {
        let body = '';
        response.on('data', (part) => { body += part; }).on('end', () => resolve(JSON.parse(body)));
      }).on('error', reject).end();
    });
  }

  secret(namespace, name) { return this.get(`/api/v1/namespaces/${namespace}/secrets/${name}`); }

  // setAccount has the tokens of a namespace signed with this key from now on.
  async setAccount(namespace, { accountSID, keySID, secret }) {
    await this.kubectl(['apply', '--server-side', '-n', namespace, '-f', '-'], JSON.stringify({
      apiVersion: 'v1', kind: 'Secret', metadata: { name: 'twilio', labels: { 'voice.capability-operator.io/account': 'true' } },
      stringData: { TWILIO_ACCOUNT_SID: accountSID, TWILIO_API_KEY: keySID, TWILIO_API_SECRET: secret },
    }));
  }

  // mount keeps a folder as a kubelet does: each new content goes into a folder of its own, and a link is swapped. It
  // looks each second; a kubelet takes up to a minute and a half.
  async mount(namespace, name, folder) {
    let version = null;
    await mkdir(folder, { recursive: true });
    const look = async () => {
      const { metadata, data } = await this.secret(namespace, name);
      if (!data || metadata.resourceVersion === version) return;
      const own = `..${metadata.resourceVersion}`;
      await mkdir(join(folder, own), { recursive: true });
      for (const [key, value] of Object.entries(data)) {
        await writeFile(join(folder, own, key), Buffer.from(value, 'base64'));
        await link(`..data/${key}`, join(folder, key));
      }
      await link(own, join(folder, '..data'));
      if (version) await rm(join(folder, `..${version}`), { recursive: true });
      version = metadata.resourceVersion;
    };
    await look();
    const timer = setInterval(() => look().catch(() => {}), 1000); // the API server may be gone already at the end
    return { stop: () => clearInterval(timer) };
  }
}

async function link(target, path) {
  await symlink(target, `${path}.next`);
  await rename(`${path}.next`, path);
}
