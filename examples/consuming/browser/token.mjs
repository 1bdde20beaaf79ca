// Keeps the token of a Device of Twilio's Voice SDK fresh, with what GET /token answers.
const again = 5_000; // ms until the next try where one failed

// askToken gives the token, and how many ms it has left by the server's clock: a browser's may be wrong.
export async function askToken() {
  const response = await fetch('/token', {cache: 'no-store'});
  if (!response.ok) throw new Error(`the server has no token: ${response.status}`);
  const {token, expiresAt} = await response.json();
  const now = Date.parse(response.headers.get('Date')) || Date.now(); // a server of another origin may not show it
  const left = Date.parse(expiresAt) - now;
  if (!(left > 0)) throw new Error('the server gave no token that lives');
  return {token, left};
}

// keepFresh asks at half of what is left, when the SDK warns, and when Twilio says that the token has expired.
export function keepFresh(device, left) {
  let timer = setTimeout(ask, left / 2);
  device.on('tokenWillExpire', ask);
  device.on('error', ({code}) => { if (code === 20104 || code === 31205) ask(); });

  async function ask() {
    let wait = again;
    try {
      const fresh = await askToken();
      wait = Math.max(again, fresh.left / 2);
      if (fresh.token !== device.token) device.updateToken(fresh.token);
    } catch (error) {
      console.warn(error.message);
    }
    clearTimeout(timer); // two may have asked at once
    timer = setTimeout(ask, wait);
  }
}
