// What Twilio looks at when a token comes: its signature, its time, its form. Verified by the library that Twilio's own
// uses, and compared with the token that Twilio's own library makes of the same claims.
import { mock } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import jwt from 'jsonwebtoken';
import twilio from 'twilio';

const { AccessToken } = twilio.jwt;

// judge gives {claims} of a token that is good, and {code, message} as Twilio sends them for one that is not. Keys are
// the account's: secrets by SID.
export function judge(token, accountSID, keys) {
  const claims = jwt.decode(token);
  if (!claims?.grants?.identity || claims.sub !== accountSID) return { code: 31204, message: 'Invalid JWT token' };
  const secret = keys.get(claims.iss);
  if (secret === undefined) return { claims, code: 31202, message: 'JWT signature validation failed: unknown key' };
  try {
    jwt.verify(token, secret, { algorithms: ['HS256'], issuer: claims.iss });
  } catch (cause) {
    if (cause instanceof jwt.TokenExpiredError) return { claims, code: 31205, message: 'JWT token expired' };
    return { claims, code: 31202, message: 'JWT signature validation failed' };
  }
  if (claims.exp - claims.iat >= 86_400) return { claims, code: 31207, message: 'JWT token expiration too long' };
  if (!sameAsTwilios(token, claims, secret)) return { claims, code: 31204, message: 'Twilio’s library makes another token of these claims' };
  return { claims };
}

function sameAsTwilios(token, claims, secret) {
  const { header } = jwt.decode(token, { complete: true });
  mock.timers.enable({ apis: ['Date'], now: claims.iat * 1000 });
  try {
    const { identity, voice } = claims.grants;
    const made = new AccessToken(claims.sub, claims.iss, secret, { identity, ttl: claims.exp - claims.iat, region: header.twr });
    made.addGrant(new AccessToken.VoiceGrant({
      incomingAllow: voice.incoming?.allow,
      outgoingApplicationSid: voice.outgoing?.application_sid,
      outgoingApplicationParams: voice.outgoing?.params,
    }));
    const other = jwt.decode(made.toJwt(), { complete: true });
    return isDeepStrictEqual({ header, payload: claims }, { header: other.header, payload: other.payload });
  } finally {
    mock.timers.reset();
  }
}
