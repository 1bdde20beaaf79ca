// What the page asks its backend. A failure is an Error with the backend's code, which words.js has words for.

const patience = 12_000; // more than the backend has with the on-demand API

async function ask(method, path) {
  let response;
  try {
    response = await fetch(path, { method, cache: 'no-store', signal: AbortSignal.timeout(patience) });
  } catch (cause) {
    throw Object.assign(new Error('the backend does not answer', { cause }), { code: 'no-backend' });
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const code = body.code ?? (response.status === 401 ? 'signed-out' : 'no-backend');
  throw Object.assign(new Error(body.message ?? `status ${response.status}`), { code, after: Number(response.headers.get('Retry-After')) || 0 });
}

export const whoAmI = () => ask('GET', 'me');
export const token = ({ method, path }) => ask(method, path);
