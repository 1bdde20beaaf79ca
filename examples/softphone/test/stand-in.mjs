// A stand-in for Twilio's signalling, for tests: as much of it as SDK 2.18.5 needs to register, to be called, to call, and
// to be told that its token is over. It judges every token that it is shown, and keeps what it saw.
import { createServer } from 'node:https';
import { randomBytes } from 'node:crypto';
import { WebSocketServer } from 'ws';
import { judge } from './tokens.mjs';

const callSID = () => `CA${randomBytes(16).toString('hex')}`;

// StandIn's `answer` is the other end of outgoing calls: it gets an offer and gives an answer.
export class StandIn {
  keys = new Map(); // of the account: secrets by SID
  tokens = []; // each that was shown: {at, identity, key, expires, code}, of which code says why it was refused
  clients = new Set(); // connections that are open
  calls = []; // each that was made or received
  answer = null;

  constructor(accountSID) {
    this.accountSID = accountSID;
  }

  async open({ key, cert, port = 0 }) {
    this.server = createServer({ key, cert });
    new WebSocketServer({ server: this.server, path: '/signal' }).on('connection', (socket) => new Client(this, socket));
    await new Promise((resolve) => this.server.listen(port, '127.0.0.1', resolve));
    return `localhost:${this.server.address().port}`;
  }

  async close() {
    for (const client of this.clients) client.socket.terminate();
    await new Promise((resolve) => this.server.close(resolve));
  }

  of(identity) { return [...this.clients].filter((client) => client.identity === identity); }
  seen(identity) { return this.tokens.filter((token) => token.identity === identity); }

  // ring calls a client that is registered, with an offer. The call's `answered` is the client's answer.
  ring(identity, { from, offer }) {
    const client = this.of(identity).find(({ registered }) => registered);
    if (!client) throw new Error(`${identity} is not registered`);
    return client.ring(from, offer);
  }
}

// Client is one connection of one page.
class Client {
  identity = null;
  registered = false;
  registrations = 0;
  #claims = null; // of the token that it was let in with
  #expiry = null;
  #calls = new Map();

  constructor(standIn, socket) {
    this.standIn = standIn;
    this.socket = socket;
    standIn.clients.add(this);
    // The SDK takes a connection for dead on which it hears nothing for 15 seconds.
    const heartbeat = setInterval(() => socket.send('\n'), 5000);
    socket.on('close', () => {
      clearTimeout(this.#expiry);
      clearInterval(heartbeat);
      standIn.clients.delete(this);
    });
    socket.on('message', (data) => {
      const text = data.toString();
      if (text === '\n') return undefined; // its own beat
      const { type, payload } = JSON.parse(text);
      return this[`on_${type}`]?.(payload);
    });
  }

  send(type, payload = {}) { this.socket.send(JSON.stringify({ type, version: '1.6', payload })); }
  refuse(code, message) { this.send('error', { error: { code, message } }); }

  on_listen({ token }) {
    const { claims, code, message } = judge(token, this.standIn.accountSID, this.standIn.keys);
    const shown = { at: Date.now(), identity: claims?.grants.identity, key: claims?.iss, expires: claims?.exp * 1000, token, code };
    this.standIn.tokens.push(shown);
    if (code) {
      this.registered = false;
      this.refuse(code, message);
    } else {
      this.#admit(claims);
    }
  }

  #admit(claims) {
    this.#claims = claims;
    this.identity = claims.grants.identity;
    const ttl = claims.exp - Math.floor(Date.now() / 1000);
    clearTimeout(this.#expiry);
    this.#expiry = setTimeout(() => this.#expire(), claims.exp * 1000 - Date.now());
    this.send('connected', {
      region: 'us1', edge: 'ashburn', home: 'us1', gateway: 'stand-in',
      client_name: this.identity, token: { identity: this.identity, ttl },
    });
  }

  // Who is in a call goes on with it; all else needs another token.
  #expire() {
    this.registered = false;
    this.#claims = null;
    this.refuse(31205, 'JWT token expired');
  }

  on_register({ media }) {
    if (!media.audio) {
      this.registered = false;
      this.send('offline');
    } else if (!this.#claims?.grants.voice.incoming?.allow) {
      this.refuse(31204, 'Invalid JWT token');
    } else {
      this.registered = true;
      this.registrations++;
      this.send('ready');
    }
  }

  async on_invite({ callsid, sdp, twilio }) {
    if (!this.#claims?.grants.voice.outgoing?.application_sid) return this.refuse(31204, 'Invalid JWT token');
    const call = this.#begin(callSID(), { identity: this.identity, params: new URLSearchParams(twilio.params), temporary: callsid });
    this.send('ringing', { callsid: call.sid });
    const answer = await this.standIn.answer(sdp);
    if (this.#calls.has(call.sid)) this.send('answer', { callsid: call.sid, sdp: answer });
    return undefined;
  }

  ring(from, offer) {
    const call = this.#begin(callSID(), { identity: this.identity });
    call.answered = new Promise((resolve) => { call.accept = resolve; });
    this.send('invite', { callsid: call.sid, sdp: offer, parameters: { CallSid: call.sid, AccountSid: this.standIn.accountSID, From: from, To: `client:${this.identity}` } });
    return call;
  }

  #begin(sid, rest) {
    const call = { sid, ...rest, hangUp: () => { this.send('hangup', { callsid: sid }); this.#end(sid, 'here'); } };
    call.ended = new Promise((resolve) => { call.end = resolve; });
    this.#calls.set(sid, call);
    this.standIn.calls.push(call);
    return call;
  }

  #end(sid, by) {
    const call = this.#calls.get(sid) ?? [...this.#calls.values()].find(({ temporary }) => temporary === sid);
    this.#calls.delete(call?.sid);
    call?.end(by);
  }

  on_answer({ callsid, sdp }) { this.#calls.get(callsid)?.accept(sdp); }
  on_hangup({ callsid }) { this.#end(callsid, 'hangup'); }
  on_reject({ callsid }) { this.#end(callsid, 'reject'); }
}
