// What people are told. Each entry says what is the matter, and what to do about it.

const byItself = 'You need not do anything, nor reload this page: the phone comes back by itself.';
const tell = (what) => `${byItself} If it stays like this for five minutes, tell your administrator: “${what}”.`;

// Why the backend gives no token; the codes of problem.go, and three of the page's own.
export const problems = {
  'token-expiring': { matter: 'the operator that renews the phone’s permission has stopped renewing it', todo: tell('the token in the Secret is not renewed') },
  'token-missing': { matter: 'the phone’s permission is not there', todo: tell('the mounted Secret has no token') },
  'not-granted': { matter: 'the phone’s permission was taken back, or is suspended', todo: tell('the ClientCapability grants nothing') },
  'not-permitted': { matter: 'the softphone’s server may not ask for permissions', todo: tell('the softphone’s ServiceAccount lacks the right to clientcapabilities/token') },
  'unreachable': { matter: 'the service that gives permissions does not answer', todo: tell('the token server does not answer') },
  'not-configured': { matter: 'the softphone’s server is not set up for you', todo: 'Tell your administrator: “the softphone has no way to a token for me”.' },
  'not-yours': { matter: 'this phone belongs to somebody else', todo: 'Sign in as the one whose phone it is, or ask your administrator for a phone of your own.' },
  'name-refused': { matter: 'nobody of your name may have a phone here', todo: 'Ask your administrator to permit your name: “my name is outside of the ClientCapability’s clientNamePattern”. Or sign in under another.' },
  'signed-out': { matter: 'you are not signed in any more', todo: 'Reload this page and sign in.' },
  'no-webrtc': { matter: 'this browser lets no page be a phone', todo: 'Open this page by https://, in a browser of the last years.' },
  'no-backend': { matter: 'the softphone’s server does not answer', todo: `Look whether this device is online. ${byItself}` },
};

export const problem = (code) => problems[code] ?? { matter: `the softphone’s server reports ${code}`, todo: tell(`the softphone reports ${code}`) };

// What Twilio's SDK reports. `about` says what the page does: get another token, tell of the connection, of the
// microphone, or of the one call. See docs/twilio-errors.md for what administrators do.
const refused = (number) => ({ about: 'token', title: 'Twilio does not accept the phone’s permission', todo: tell(`Twilio refuses the token: ${number}`) });
const expired = { about: 'token', title: 'The phone’s permission ran out', todo: byItself };
const line = { about: 'line', title: 'There is no connection to Twilio', todo: `Look whether this device is online, and whether a firewall or VPN keeps it from Twilio. ${byItself}` };
const call = (title, todo) => ({ about: 'call', title, todo });

export const errors = {
  20101: refused(20101), 20103: refused(20103), 20107: refused(20107), 20151: refused(20151), 20160: refused(20160),
  20104: expired, 31205: expired,
  31201: refused(31201), 31202: refused(31202), 31204: refused(31204), 31207: refused(31207),
  31206: { about: 'line', title: 'Twilio asks this phone to slow down', todo: byItself },
  31000: line, 31001: line, 31005: line, 31009: line, 53000: line, 53001: line,
  31003: call('No way for the voices was found', 'A firewall or VPN may be in the way: try another network, and call again.'),
  53405: call('The voices of this call did not come through', 'A firewall or VPN may be in the way: try another network, and call again.'),
  31103: call('The call carries too much information', 'Tell your administrator: “Twilio reports 31103”.'),
  31105: call('Your name can’t be used for calls', 'Tell your administrator: “the client name has characters that Twilio refuses (31105)”.'),
  31401: { about: 'microphone', title: 'This page may not use the microphone', todo: 'Permit it: the sign beside the page’s address has the setting. Then call or answer again.' },
  31402: { about: 'microphone', title: 'The microphone can’t be used', todo: 'See that one is plugged in and that no other program holds it. Then call or answer again.' },
  31404: call('Nobody has this number', 'See that it is right, and call again.'),
  31480: call('Nobody answers there at present', 'Call again later.'),
  31486: call('The line is busy', 'Call again later.'),
  31603: call('The call was declined', 'Call again later.'),
};

export const error = (number) => errors[number] ?? call(`Twilio reports error ${number}`, `Try again. If it comes again, tell your administrator: “Twilio reports ${number}”.`);

export function may({ incoming, outgoing }, name) {
  const list = [incoming && `receive calls for ${name}`, outgoing && 'make calls'].filter(Boolean);
  return list.join(', and ');
}
