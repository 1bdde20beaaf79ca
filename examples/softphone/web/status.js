// The one line at the top: how the phone fares, from what is known. Pure.
import { error, problem } from './words.js';

// known:
//   user      who is signed in; empty before that is known
//   answer    the latest token with what it permits, alive (it has not expired), until (a time to read)
//   trouble   why there is no newer token: {code}
//   line      of the SDK: 'off', 'connecting' or 'registered'
//   fault     what the SDK reported last and was not mended: {number}
export function status(known) {
  if (known.trouble && !(known.alive && known.answer.incoming)) return off(known);
  if (known.fault) return faulty(known);
  if (!known.user || !known.answer) return { tone: 'wait', title: 'Starting …', detail: '', todo: '' };
  if (known.trouble) return lasting(known);
  if (!known.answer.incoming) return { tone: 'good', title: 'Ready', detail: 'You can make calls.', todo: '' };
  if (known.line !== 'registered') return { tone: 'wait', title: 'Connecting to Twilio …', detail: '', todo: '' };
  return { tone: 'good', title: 'Ready', detail: `You can receive ${known.answer.outgoing ? 'and make ' : ''}calls.`, todo: '' };
}

// off: no live token, and none to be had.
function off({ trouble, answer, until }) {
  const { matter, todo } = problem(trouble.code);
  const ended = answer?.incoming ? ` Its permission ran out at ${until}.` : '';
  return { tone: 'bad', title: 'Your phone is off', detail: `You can neither receive nor make calls, because ${matter}.${ended}`, todo };
}

// lasting: the phone works on the token that it has.
function lasting({ trouble, until }) {
  const { matter, todo } = problem(trouble.code);
  return { tone: 'warn', title: `Your phone works, but only until ${until}`, detail: `Its permission can’t be renewed at present, because ${matter}.`, todo };
}

function faulty({ fault }) {
  const { title, todo } = error(fault.number);
  return { tone: 'bad', title, detail: `Twilio’s number for it is ${fault.number}.`, todo };
}
