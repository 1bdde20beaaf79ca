// The page: who asks, a keeper of tokens, a phone, and what is to be seen of them.
import * as backend from './backend.js';
import { Keeper } from './keeper.js';
import { Phone } from './phone.js';
import { show } from './view.js';

let me = null;
let phone = null;

const keeper = new Keeper({
  // Who has no live token asks anew who they are, and where their tokens are: both may have changed.
  async ask() {
    if (!window.Twilio?.Device.isSupported) throw Object.assign(new Error('no WebRTC'), { code: 'no-webrtc' });
    if (!me || !keeper.alive) me = await backend.whoAmI();
    return backend.token(me.way);
  },
  told({ isNew }) {
    const { answer } = keeper;
    if (isNew) takeToken(answer);
    if (answer && !answer.incoming && !keeper.trouble) keeper.rest(); // a token is asked for with each call
    if (answer?.incoming && !keeper.alive) phone.drop();
    render();
  },
});

function takeToken(answer) {
  phone ??= new Phone({ Device: window.Twilio.Device, options: deviceOptions(me), told: heed });
  phone.fault = null;
  if (answer.incoming) phone.use(answer);
}

// heed does what the phone's events ask for.
function heed(asks = {}) {
  if (asks.willExpire) keeper.willExpire();
  if (asks.refused) {
    keeper.refuse();
    phone.drop();
  }
  if (asks.redial) dial(asks.redial, true);
  render();
}

function deviceOptions({ edge, signaling }) {
  // Calls in progress survive a lost connection for as long as Twilio permits.
  return { maxCallSignalingTimeoutMs: 30_000, ...(edge && { edge }), ...(signaling && { chunderw: signaling, publishEvents: false }) };
}

// The microphone comes first: people take longer to permit it than a token of five seconds lives.
async function dial(to, again = false) {
  const refused = await microphone();
  if (refused) return phone.fail(refused);
  if (!keeper.answer.incoming) { // such a token is of this call alone
    await keeper.askNow();
    if (keeper.trouble) return undefined;
  }
  return phone.dial(to, keeper.answer, again);
}

// microphone gives Twilio's number for why there is none.
async function microphone() {
  try {
    for (const track of (await navigator.mediaDevices.getUserMedia({ audio: true })).getTracks()) track.stop();
    return undefined;
  } catch (cause) {
    return cause.name === 'NotAllowedError' ? 31401 : 31402;
  }
}

const known = () => ({
  user: me?.user, answer: keeper.answer, alive: keeper.alive, until: keeper.until, trouble: keeper.trouble,
  line: phone?.line ?? 'off', fault: phone?.fault, call: phone?.call, last: phone?.last,
});
const render = () => show(known());

const on = (id, event, then) => document.getElementById(id).addEventListener(event, then);
on('answer', 'click', () => phone.answer());
on('decline', 'click', () => phone.decline());
on('hangup', 'click', () => phone.hangUp());
on('mute', 'click', () => phone.mute());
on('dial', 'submit', (event) => {
  event.preventDefault();
  dial(document.getElementById('to').value.trim());
});

// A device that slept, or was offline, may have missed its time.
window.addEventListener('online', () => keeper.askNow());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden && keeper.answer?.incoming && !keeper.alive) keeper.askNow();
});

setInterval(render, 1000); // that somebody clicked, and the browser may ring
keeper.askNow();
