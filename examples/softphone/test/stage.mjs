// Everything that the tests need, as processes: a control plane, the operator, the token server, the stand-in for Twilio,
// and a softphone for each namespace.
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Cluster } from './cluster.mjs';
import { StandIn } from './stand-in.mjs';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));
const bin = process.env.SOFTPHONE_BIN ?? join(repository, 'bin');
export const accountSID = 'AC0123456789abcdef0123456789abcdef';

export const newKey = () => ({ accountSID, keySID: `SK${randomBytes(16).toString('hex')}`, secret: randomBytes(16).toString('hex') });

export async function until(what, seconds, look) {
  const end = Date.now() + seconds * 1000;
  for (let last; ;) {
    try {
      const found = await look();
      if (found) return found;
    } catch (error) { last = error; }
    if (Date.now() > end) throw new Error(`after ${seconds} s still not: ${what}${last ? ` (${last.message})` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

// Whatever ends the tests, what they started ends too.
const children = new Set();
process.on('exit', () => { for (const child of children) child.kill('SIGKILL'); });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

// Program is a child process; what it prints is kept for the case that a test fails.
export class Program {
  constructor(name, args, env = {}) {
    this.name = name;
    this.log = '';
    this.child = spawn(join(bin, name), args, { cwd: repository, env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr.on('data', (part) => { this.log += part; });
    children.add(this.child);
    this.ended = new Promise((resolve) => {
      this.child.on('exit', () => {
        children.delete(this.child);
        resolve();
      });
    });
  }

  async stop() {
    this.child.stdin.end();
    this.child.kill('SIGTERM');
    const forced = setTimeout(() => this.child.kill('SIGKILL'), 20_000);
    await this.ended;
    clearTimeout(forced);
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function certificate(folder) {
  const [key, cert] = [join(folder, 'tls.key'), join(folder, 'tls.crt')];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
    '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(cert) };
}

export class Stage {
  folder = mkdtempSync(join(tmpdir(), 'softphone-'));
  started = []; // what has to be stopped, in that order

  async start() {
    const plane = new Program('softphone-stage', []);
    this.started.push(plane);
    const lines = createInterface({ input: plane.child.stdout })[Symbol.asyncIterator]();
    const { value, done } = await lines.next();
    if (done) throw new Error(`the control plane did not start:\n${plane.log}`);
    this.places = JSON.parse(value);
    this.cluster = await new Cluster(this.places).connect();
    this.twilio = new StandIn(accountSID);
    this.signaling = await this.twilio.open(certificate(this.folder));
    this.started.unshift({ stop: () => this.twilio.close() });
    this.begin('tokenserver', ['--kubeconfig', this.places.tokenserverKubeconfig, '--bind-address', this.places.tokenserverAddress,
      '--cert-namespace', 'capability-operator-system', '--cluster-accounts=false']);
  }

  begin(name, args, env) {
    const program = new Program(name, args, env);
    this.started.unshift(program);
    return program;
  }

  // operator starts a manager for one namespace, so that others' go on where it is stopped.
  operator(namespace) {
    return this.begin('manager', ['--kubeconfig', this.places.operatorKubeconfig, '--watch-namespaces', namespace,
      '--cluster-accounts=false', '--health-probe-bind-address=0']);
  }

  // deploy applies the example to a new namespace, with tokens of that lifetime for that client, and runs what a pod would.
  async deploy(namespace, { ttl, key, client, users }) {
    await this.cluster.kubectl(['create', 'namespace', namespace]);
    await this.cluster.setAccount(namespace, key);
    this.twilio.keys.set(key.keySID, key.secret);
    await this.cluster.kubectl(['apply', '-n', namespace, '-k', join(repository, 'examples/softphone')]);
    await this.cluster.kubectl(['patch', 'clientcapability', 'tommy', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { ttl, clientName: client } })]);
    const operator = this.operator(namespace);
    await this.cluster.kubectl(['wait', '--for=condition=Ready', 'clientcapability', '--all', '-n', namespace, '--timeout=60s']);
    const softphone = new Softphone(this, namespace, users);
    await softphone.start();
    return { operator, softphone };
  }

  async close(failed) {
    for (const one of this.started) await one.stop();
    if (failed) for (const { name, log } of this.started) if (log) console.error(`the log of ${name}, its end:\n${log.slice(-3000)}`);
    rmSync(this.folder, { recursive: true });
  }
}

// Softphone is a pod of the example: its mounts, its ServiceAccount's files, its program.
export class Softphone {
  constructor(stage, namespace, users) {
    Object.assign(this, { stage, namespace, folder: join(stage.folder, namespace), passwords: {} });
    for (const user of users) this.passwords[user] = randomBytes(16).toString('hex');
  }

  async start() {
    const { stage, namespace, folder } = this;
    const path = (name) => join(folder, name);
    await mkdir(path('users'), { recursive: true });
    for (const [user, password] of Object.entries(this.passwords)) await writeFile(join(path('users'), user), password);
    stage.started.unshift(await stage.cluster.mount(namespace, 'tommy', path('voice')));
    await mkdir(path('account'), { recursive: true });
    await writeFile(join(path('account'), 'ca.crt'), stage.cluster.ca);
    await writeFile(join(path('account'), 'token'), await stage.cluster.kubectl(['create', 'token', 'softphone', '-n', namespace]));
    this.port = await freePort();
    this.url = `http://localhost:${this.port}/`;
    this.args = [`--listen=127.0.0.1:${this.port}`, '--users', path('users'), '--mounted', path('voice'), '--on-demand', `${namespace}/agents`,
      '--service-account', path('account'), '--api-server', stage.cluster.server, '--signaling', stage.signaling];
    await this.run();
  }

  async run() {
    this.program = this.stage.begin('softphone', this.args);
    await until('the softphone answers', 20, async () => (await fetch(`${this.url}healthz`)).ok);
  }

  as(user) { return { user, password: this.passwords[user] }; }
}
