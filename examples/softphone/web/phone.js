// Phone is Twilio's SDK as this page uses it: one Device for as long as tokens come, or, for a phone that makes calls
// only, one Device for each call.
import { error } from './words.js';

export class Phone {
  #Device; #options; #told; #device = null;
  line = 'off';
  fault = null;
  call = null; // {with, direction, state, muted}
  #call = null; // the SDK's
  last = null; // what became of the last call, where that has to be told
  dropping = false;

  // told is called after every change, with what asks for a token where something does.
  constructor({ Device, options, told }) {
    this.#Device = Device;
    this.#options = { ...options, enableImprovedSignalingErrorPrecision: true, closeProtection: true, logLevel: 'silent' };
    this.#told = told;
  }

  // use takes a new token. Calls go on, and nothing is registered anew.
  use({ token, incoming }) {
    this.dropping = false;
    if (this.#device) {
      this.#device.updateToken(token);
    } else if (incoming) {
      this.line = 'connecting';
      this.#open(token).register().catch(() => {}); // why is told by the event
    }
  }

  // drop disconnects a phone that has no live token, so that no expired one is shown to Twilio. A call is left alone:
  // it goes on without.
  drop() {
    this.dropping = this.#call !== null;
    if (this.dropping || !this.#device) return;
    const device = this.#device;
    this.#device = null;
    this.line = 'off';
    device.destroy();
  }

  // dial calls with the Device that is there, or with one for this call alone.
  async dial(to, { token, incoming }, again = false) {
    this.last = null;
    this.fault = null;
    const device = this.#device ?? this.#open(token);
    this.dropping = !incoming;
    const call = { with: to, direction: 'out', state: 'calling', muted: false, again };
    this.call = call;
    this.#told();
    try {
      const connected = await device.connect({ params: { To: to } });
      if (this.call !== call) connected.disconnect(); // it was given up meanwhile
      else this.#follow(connected);
    } catch (cause) {
      if (this.call === call) this.#ended(cause.code);
    }
  }

  // fail says why a call was not begun.
  fail(number) {
    this.last = { number };
    this.#told();
  }

  answer() { this.#call?.accept(); }
  decline() { this.#call?.reject(); }
  hangUp() {
    if (this.#call) this.#call.disconnect();
    else this.#ended();
  }
  mute() { this.#call?.mute(!this.#call.isMuted()); }

  #open(token) {
    const device = new this.#Device(token, this.#options);
    this.#device = device;
    const when = (event, then) => device.on(event, (...args) => {
      if (this.#device !== device) return; // it was dropped
      this.#told(then(...args));
    });
    when('registering', () => { this.line = 'connecting'; });
    when('registered', () => { this.line = 'registered'; this.fault = null; });
    when('unregistered', () => { this.line = 'connecting'; });
    when('tokenWillExpire', () => ({ willExpire: true }));
    when('incoming', (call) => this.#ring(call));
    when('error', (reason, call) => this.#failed(reason.code, call));
    return device;
  }

  #failed(number, call) {
    const { about } = error(number);
    if (about === 'token') return this.call && this.dropping ? this.#overBeforeCall(number) : this.#refused(number);
    if (about === 'line' && !call) this.fault = { number };
    return undefined;
  }

  #refused(number) {
    this.fault = { number };
    return { refused: true };
  }

  // The token of one call was for beginning it: once it rings, the call goes on without. On a slow device the token can
  // be over before; then another is asked for, once.
  #overBeforeCall(number) {
    if (this.call.state !== 'calling') return undefined;
    const { with: to, again } = this.call;
    this.#ended(again ? number : undefined);
    return again ? undefined : { redial: to };
  }

  #ring(call) {
    this.call = { with: call.parameters.From ?? 'unknown', direction: 'in', state: 'ringing', muted: false };
    this.#follow(call);
  }

  #follow(call) {
    this.#call = call;
    const when = (event, then) => call.on(event, (...args) => {
      if (this.#call !== call) return;
      then(...args);
      this.#told();
    });
    when('ringing', () => { this.call.state = 'ringing'; });
    when('accept', () => { this.call.state = 'talking'; });
    when('reconnecting', () => { this.call.state = 'reconnecting'; });
    when('reconnected', () => { this.call.state = 'talking'; });
    when('mute', (muted) => { this.call.muted = muted; });
    when('error', (reason) => { this.last = { number: reason.code }; });
    for (const end of ['disconnect', 'cancel', 'reject']) when(end, () => this.#ended());
  }

  #ended(number) {
    if (number !== undefined) this.last = { number };
    this.#call = null;
    this.call = null;
    if (this.dropping) this.drop();
    this.#told();
  }
}
