// Hands out the token of a mounted Secret: GET /token.
import {readFile} from 'node:fs/promises';
import {createServer} from 'node:http';

const file = `${process.env.TOKEN_DIRECTORY ?? '/var/run/voice'}/token`;
const [, host, port] = /^(.*):(\d+)$/.exec(process.env.LISTEN ?? '0.0.0.0:8080');
const leastLife = 30_000; // ms; a token with less left would expire on its way

// A whole JWT that is signed by HS256; what is cut off anywhere is none.
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]{43}$/;

// freshToken reads the token anew. Its errors don't repeat what was read.
async function freshToken() {
  const token = await readFile(file, 'utf8');
  if (!tokenForm.test(token)) throw new Error('the file holds no whole token');
  let expiresAt;
  try {
    expiresAt = new Date(JSON.parse(Buffer.from(token.split('.')[1], 'base64url')).exp * 1000);
  } catch {
    throw new Error("the token can't be read");
  }
  if (!(expiresAt - Date.now() >= leastLife)) throw new Error('the token has less than 30 s left');
  return {token, expiresAt};
}

const server = createServer(async (request, response) => {
  response.setHeader('Cache-Control', 'no-store');
  if (request.method !== 'GET' || request.url !== '/token') return response.writeHead(404).end();
  try { // put your sign-in before this
    const fresh = await freshToken();
    response.writeHead(200, {'Content-Type': 'application/json'}).end(JSON.stringify(fresh));
  } catch (error) {
    console.error('no token to hand out:', error.message);
    response.writeHead(503, {'Retry-After': '5'}).end('no fresh token at present\n');
  }
});
server.listen(port, host, () => console.error(`listening on ${host}:${server.address().port}`));
