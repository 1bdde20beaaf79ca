// generate: writes capability/testdata/*.json, what Twilio's own library makes of the
// declarations in declarations.mjs at one fixed time. Twice the same files:
//
//   cd hack/vectors && npm ci && npm run generate
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mock } from 'node:test';
import { fileURLToPath } from 'node:url';
import twilio from 'twilio';
import { accessDeclarations, capabilityDeclarations } from './declarations.mjs';

const issuedAt = Date.UTC(2026, 2, 14, 9, 26, 53);
mock.timers.enable({ apis: ['Date'], now: issuedAt });

const accountSID = 'AC0123456789abcdef0123456789abcdef';
const authToken = '0123456789abcdef0123456789abcdef';
const keySID = 'SK0123456789abcdef0123456789abcdef';
const apiSecret = 'abcdefghijklmnopqrstuvwxyzABCDEF';

const { ClientCapability, AccessToken } = twilio.jwt;

function capabilityToken(d) {
  const token = new ClientCapability({ accountSid: accountSID, authToken, ttl: d.ttl });
  if (d.incoming) token.addScope(new ClientCapability.IncomingClientScope(d.clientName));
  if (d.outgoing) {
    token.addScope(new ClientCapability.OutgoingClientScope({
      applicationSid: d.outgoing.applicationSID, clientName: d.clientName, params: d.outgoing.params,
    }));
  }
  if (d.eventStream) token.addScope(new ClientCapability.EventStreamScope(d.eventStream.filters));
  return token.toJwt();
}

function accessToken(d) {
  const nbf = d.nbf ? issuedAt / 1000 : undefined;
  const token = new AccessToken(accountSID, keySID, apiSecret, { identity: d.clientName, ttl: d.ttl, region: d.region, nbf });
  token.addGrant(new AccessToken.VoiceGrant({
    incomingAllow: d.incoming,
    outgoingApplicationSid: d.outgoing?.applicationSID,
    outgoingApplicationParams: d.outgoing?.params,
    pushCredentialSid: d.pushCredentialSID,
  }));
  return token.toJwt();
}

const decode = (segment) => JSON.parse(Buffer.from(segment, 'base64url').toString('utf8'));

function vectors(declarations, make) {
  const names = new Set(declarations.map((d) => d.name));
  if (names.size !== declarations.length) throw new Error('two declarations have one name');
  return declarations.map(({ name, ...declaration }) => {
    const token = make(declaration);
    const [header, payload] = token.split('.');
    return { name, declaration, header: decode(header), payload: decode(payload), token };
  });
}

function write(file, object) {
  const folder = fileURLToPath(new URL('../../capability/testdata/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  // One vector a line: a change of one is a change of one line.
  const { vectors, ...rest } = object;
  const lines = vectors.map((v) => '    ' + JSON.stringify(v)).join(',\n');
  const head = JSON.stringify(rest, null, 2).replace(/\n}$/, '');
  writeFileSync(folder + file, `${head},\n  "vectors": [\n${lines}\n  ]\n}\n`);
}

const { version } = JSON.parse(readFileSync(createRequire(import.meta.url).resolve('twilio/package.json')));
const library = `twilio-node ${version}`;
const at = Math.floor(issuedAt / 1000);
write('capability.json', { library, issuedAt: at, accountSID, key: authToken,
  vectors: vectors(capabilityDeclarations, capabilityToken) });
write('access.json', { library, issuedAt: at, accountSID, keySID, key: apiSecret,
  vectors: vectors(accessDeclarations, accessToken) });
