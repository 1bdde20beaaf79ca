import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { beforeEach, test } from 'node:test';
import { Phone } from '../../web/phone.js';

const both = { token: 'first', incoming: true };
const outgoing = { token: 'first', incoming: false };
let devices; // each that was made
let asked; // what the phone asked of the page
let phone;

class Device extends EventEmitter {
  tokens = [];
  constructor(token) {
    super();
    this.tokens.push(token);
    devices.push(this);
  }
  async register() { this.emit('registering'); }
  updateToken(token) { this.tokens.push(token); }
  destroy() { this.destroyed = true; }
  connect() { return new Promise((resolve) => { this.connected = resolve; }); }
}

class Call extends EventEmitter {
  parameters = { From: 'client:support' };
  disconnect() { this.hungUp = true; this.emit('disconnect'); }
}

const turn = () => new Promise(setImmediate);

beforeEach(() => {
  [devices, asked] = [[], []];
  phone = new Phone({ Device, options: {}, told: (what) => { if (what) asked.push(what); } });
});

test('a new token goes to the same device', () => {
  phone.use(both);
  phone.use({ ...both, token: 'second' });
  assert.equal(devices.length, 1);
  assert.deepEqual(devices[0].tokens, ['first', 'second']);
});

test('a phone without a live token leaves, but not during a call', () => {
  phone.use(both);
  const call = new Call();
  devices[0].emit('incoming', call);
  call.emit('accept');
  phone.drop();
  assert.ok(!devices[0].destroyed);
  call.disconnect();
  assert.ok(devices[0].destroyed);
  assert.equal(phone.line, 'off');
});

test('a token that comes during a call keeps the phone', () => {
  phone.use(both);
  const call = new Call();
  devices[0].emit('incoming', call);
  phone.drop();
  phone.use({ ...both, token: 'second' });
  call.disconnect();
  assert.ok(!devices[0].destroyed);
});

test('a refused token is told, and asks for another', () => {
  phone.use(both);
  devices[0].emit('error', { code: 31202 });
  assert.deepEqual(asked, [{ refused: true }]);
  assert.equal(phone.fault.number, 31202);
});

test('what a device says that was dropped is not heard', () => {
  phone.use(both);
  phone.drop();
  devices[0].emit('error', { code: 31202 });
  devices[0].emit('registered');
  assert.deepEqual([asked, phone.fault, phone.line], [[], null, 'off']);
});

test('a phone that only calls has a device for each call', async () => {
  for (const number of [1, 2]) {
    const dialled = phone.dial('support', outgoing);
    const call = new Call();
    devices.at(-1).connected(call);
    await dialled;
    call.emit('accept');
    phone.hangUp();
    assert.ok(call.hungUp);
    assert.equal(devices.length, number);
    assert.ok(devices.at(-1).destroyed);
  }
});

test('a token that is over before its call began is replaced, once', async () => {
  for (const again of [false, true]) {
    phone.dial('support', outgoing, again);
    devices.at(-1).emit('error', { code: 20104 });
    await turn();
    assert.equal(phone.call, null);
    assert.ok(devices.at(-1).destroyed);
  }
  assert.deepEqual(asked, [{ redial: 'support' }]);
  assert.equal(phone.last.number, 20104);
});

test('a token that is over during its call changes nothing', async () => {
  const dialled = phone.dial('support', outgoing);
  const call = new Call();
  devices[0].connected(call);
  await dialled;
  call.emit('ringing', false);
  devices[0].emit('error', { code: 20104 });
  assert.equal(phone.call.state, 'ringing');
  assert.deepEqual([asked, phone.fault], [[], null]);
});

test('a call that was given up while it connected is ended', async () => {
  const dialled = phone.dial('support', outgoing);
  phone.hangUp();
  const call = new Call();
  devices[0].connected(call);
  await dialled;
  assert.ok(call.hungUp);
  assert.equal(phone.call, null);
});

test('what went wrong with a call is told after it', async () => {
  const dialled = phone.dial('support', outgoing);
  const call = new Call();
  devices[0].connected(call);
  await dialled;
  call.emit('error', { code: 31486 });
  call.disconnect();
  assert.equal(phone.last.number, 31486);
});
