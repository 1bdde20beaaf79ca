// verify: reads tokens, one a line with the key that signed it, has jsonwebtoken
// verify each, has Twilio's library make the same token again where it can, and
// prints what was decoded. A token that is refused ends it with status 1.
//
//   echo "$TOKEN $KEY" | npm run --silent verify
//   echo "$TOKEN $KEY $SECONDS" | npm run --silent verify    # as of that time, not now
import { createInterface } from 'node:readline';
import { mock } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import jwt from 'jsonwebtoken';
import twilio from 'twilio';

const { ClientCapability, AccessToken } = twilio.jwt;

// remake gives what Twilio's library signs for what a token says. A scope's
// parameters are decoded once: the inner query string is passed on by its entries.
function remake(header, claims, key) {
  mock.timers.enable({ apis: ['Date'], now: claims.iat * 1000 });
  try {
    const ttl = claims.exp - claims.iat;
    return header.cty === undefined ? remakeCapability(claims, key, ttl) : remakeAccess(header, claims, key, ttl);
  } finally {
    mock.timers.reset();
  }
}

function remakeCapability(claims, key, ttl) {
  const token = new ClientCapability({ accountSid: claims.iss, authToken: key, ttl });
  for (const { name, params, inner } of scopes(claims.scope)) {
    if (name === 'scope:client:incoming') token.addScope(new ClientCapability.IncomingClientScope(params.clientName));
    if (name === 'scope:client:outgoing') {
      token.addScope(new ClientCapability.OutgoingClientScope({
        applicationSid: params.appSid, clientName: params.clientName, params: inner,
      }));
    }
    if (name === 'scope:stream:subscribe') token.addScope(new ClientCapability.EventStreamScope(inner));
  }
  return token.toJwt();
}

function remakeAccess(header, claims, key, ttl) {
  const { identity, voice } = claims.grants;
  const token = new AccessToken(claims.sub, claims.iss, key, { identity, ttl, region: header.twr, nbf: claims.nbf });
  token.addGrant(new AccessToken.VoiceGrant({
    incomingAllow: voice.incoming?.allow,
    outgoingApplicationSid: voice.outgoing?.application_sid,
    outgoingApplicationParams: voice.outgoing?.params,
    pushCredentialSid: voice.push_credential_sid,
  }));
  return token.toJwt();
}

// scopes decodes a scope in both its layers, percent-encoding only: a "+" stays one.
function scopes(scope) {
  const query = (text) => Object.fromEntries(text.split('&').map((pair) => pair.split('=').map(decodeURIComponent)));
  return scope.split(' ').map((uri) => {
    const [name, text] = uri.split('?');
    const params = query(text);
    const encoded = params.appParams || params.params;
    return { name, params, inner: encoded ? query(encoded) : undefined };
  });
}

// what a token says, in one form whichever library wrote it.
function meaning(raw, key, clockTimestamp) {
  const { header, payload } = jwt.verify(raw, key, { complete: true, algorithms: ['HS256'], clockTimestamp });
  if (payload.scope === undefined) return { header, payload };
  const capabilities = scopes(payload.scope).map(({ name, params: { appParams, params, ...rest }, inner }) =>
    ({ name, ...rest, inner }));
  capabilities.sort((a, b) => (a.name < b.name ? -1 : 1));
  return { header, payload: { ...payload, scope: capabilities } };
}

let failed = false;
for await (const line of createInterface({ input: process.stdin })) {
  const [raw, key, seconds] = line.trim().split(/\s+/);
  if (!raw) continue;
  try {
    const clock = seconds === undefined ? Math.floor(Date.now() / 1000) : Number(seconds);
    const said = meaning(raw, key, clock);
    const again = meaning(remake(said.header, jwt.decode(raw), key), key, clock);
    const same = isDeepStrictEqual(said, again);
    failed ||= !same;
    console.log(JSON.stringify({ verified: true, sameAsTwilio: same, ...said }));
  } catch (err) {
    failed = true;
    console.log(JSON.stringify({ verified: false, error: err.message }));
  }
}
process.exitCode = failed ? 1 : 0;
