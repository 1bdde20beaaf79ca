// What is to be seen. Text is set only where it changed, as what is live is read aloud.
import { status } from './status.js';
import { error, may } from './words.js';

const element = (id) => document.getElementById(id);
const text = (id, content) => { if (element(id).textContent !== content) element(id).textContent = content; };
const clock = (time) => new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export function show(known) {
  // A time that is over keeps standing there: it is when the phone went off.
  const until = known.answer ? clock(known.until || Date.parse(known.answer.expiresAt)) : '';
  const now = status({ ...known, until });
  element('status').dataset.tone = now.tone;
  for (const part of ['title', 'detail', 'todo']) text(part, now[part]);
  permission(known, until);
  calling(known);
  element('silent').hidden = navigator.userActivation?.hasBeenActive ?? true;
  document.title = known.call?.state === 'ringing' && known.call.direction === 'in' ? `Call from ${known.call.with}` : `${now.title} – Softphone`;
}

function permission({ user, answer, alive }, until) {
  text('identity', answer?.identity ?? user ?? '–');
  text('may', answer ? may(answer, answer.identity) : '–');
  text('until', !answer ? '–' : lasts(answer, alive, until));
}

function lasts({ incoming }, alive, until) {
  if (!incoming) return 'each call has a permission of its own';
  return alive ? `${until}, renewed before that` : `${until}, which is over`;
}

function calling({ answer, alive, call, last, line }) {
  const before = element('talking').hidden;
  const within = element('talking').contains(document.activeElement);
  const rings = call?.state === 'ringing' && call.direction === 'in';
  element('ringing').hidden = !rings;
  element('talking').hidden = !call || rings;
  element('dial').hidden = Boolean(call);
  element('dialling').disabled = !answer?.outgoing || (answer.incoming && !(alive && line === 'registered'));
  if (rings) text('caller', call.with);
  if (call && !rings) {
    text('call', { calling: 'Calling ', ringing: 'Ringing at ', talking: 'In a call with ', reconnecting: 'The connection broke; getting back to ' }[call.state] + call.with);
    element('mute').setAttribute('aria-pressed', String(call.muted));
  }
  // Who dialled or answered with the keyboard goes on there.
  if (before && !element('talking').hidden) element('hangup').focus();
  if (within && element('talking').hidden && !rings) element('to').focus();
  text('lastcall', last ? `${error(last.number).title}. ${error(last.number).todo}` : '');
}
