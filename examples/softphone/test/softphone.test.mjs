// The whole way: tokens by the real operator and token server, handed out by the real backend, used by the real SDK in
// the real page, in Chromium. Twilio alone is a stand-in. The cases run side by side, as most of it is waiting.
import { describe, test } from 'node:test';
import { agentsCallUnderTheirOwnNames, aMicrophoneIsRefused, strangersAreRefused } from './agents.mjs';
import { comesBack } from './outage.mjs';
import { noting, prepare, renewals, ttlSeconds } from './setting.mjs';
import { staysRegistered } from './steady.mjs';

prepare();
describe('the softphone', { concurrency: true, timeout: (ttlSeconds * renewals + 180) * 1000 }, () => {
  test('with a mounted token stays registered and calls, across renewals and a rotation of the key', noting(staysRegistered));
  test('says in words why it is off or in danger, and comes back by itself', noting(comesBack));
  test('of ten users at once gives each a token of their own name', noting(agentsCallUnderTheirOwnNames));
  test('refuses a user outside of the pattern, in words', noting(strangersAreRefused));
  test('says what to do where the microphone is not permitted', noting(aMicrophoneIsRefused));
});
