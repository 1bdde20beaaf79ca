// Keeper keeps a live token: it asks the backend in time, again where that fails, and tells what it has.
import { due, wait } from './renewal.js';

const sameAgain = 30_000; // a token that Twilio refused is tried again after that: the fault may have been Twilio's

export class Keeper {
  #ask; #now; #told;
  #asked = 0; #asking = null; #timer = null; #end = null;
  #refused = { token: null, at: 0 };

  answer = null; // the latest token, with what it permits
  until = 0; // when it expires, by this browser's own clock
  trouble = null; // why there is no newer one

  // ask gives a promise of the backend's answer; told is called after every change.
  constructor({ ask, told, now = Date.now }) {
    this.#ask = ask;
    this.#told = told;
    this.#now = now;
  }

  get left() { return this.answer ? (this.until - this.#now()) / 1000 : 0; }
  get alive() { return this.left > 0; }

  // askNow asks, unless an answer is awaited already. It resolves when the answer was taken, and never rejects.
  askNow() {
    clearTimeout(this.#timer);
    this.#asking ??= this.#ask()
      .then((answer) => this.#take(answer), (error) => this.#fail(error))
      .finally(() => { this.#asking = null; });
    return this.#asking;
  }

  // willExpire is the SDK's hint.
  willExpire() {
    if (this.answer && due({ left: this.left, lifetime: this.lifetime })) this.askNow();
  }

  // refuse says that Twilio did not accept the token, so that another is needed.
  refuse() {
    if (!this.answer || this.#refused.token === this.answer.token) return;
    this.#refused = { token: this.answer.token, at: this.#now() };
    this.until = 0;
    this.#asked = 1;
    this.#plan();
  }

  // rest stops asking: the phone needs a token only when it calls.
  rest() {
    clearTimeout(this.#timer);
    clearTimeout(this.#end);
  }

  #take(answer) {
    this.trouble = null;
    const isNew = answer.token !== this.answer?.token;
    const refused = answer.token === this.#refused.token && this.#now() - this.#refused.at < sameAgain;
    if (isNew || (this.until === 0 && !refused)) {
      // Both times are the server's, so a browser whose clock is wrong gets it right.
      this.lifetime = (Date.parse(answer.expiresAt) - Date.parse(answer.now)) / 1000;
      this.answer = answer;
      this.until = this.#now() + this.lifetime * 1000;
      this.#refused = { token: null, at: 0 };
      this.#asked = 0;
    } else {
      this.#asked++;
    }
    this.#plan();
    this.#told({ isNew: this.#asked === 0 });
  }

  #fail(error) {
    this.trouble = { code: error.code ?? 'no-backend', after: error.after ?? 0, since: this.trouble?.since ?? this.#now() };
    this.#asked++;
    this.#plan();
    this.#told({ isNew: false });
  }

  #plan() {
    this.rest();
    const seconds = wait({ left: this.left, asked: this.#asked, after: this.trouble?.after });
    this.#timer = setTimeout(() => this.askNow(), seconds * 1000);
    if (this.alive) this.#end = setTimeout(() => this.#told({ isNew: false }), this.left * 1000 + 1);
  }
}
