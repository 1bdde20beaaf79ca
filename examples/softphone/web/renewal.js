// When to ask for the next token. Pure: seconds in, seconds out.

const most = 60; // between two asks while the token lives
const mostWithout = 15; // and while there is none

// wait is how long to wait before asking again.
//   left   what the token that the phone has has left; 0 or less where it expired, or there is none
//   asked  how often was asked since that token came
//   after  what the backend said in Retry-After
//
// The operator renews a token when a third to a half of its life is left, and a mounted file shows that up to 90 seconds later. So a
// page asks first when a third of what its token had is left, and then, as the file may show the former one still, in a
// tenth of what is left: the nearer the end, the more often.
export function wait({ left, asked, after = 0 }) {
  if (left <= 0) return Math.min(mostWithout, Math.max(after, 2 ** Math.min(asked - 1, 10)));
  if (asked === 0) return left * 2 / 3;
  return Math.min(most, Math.max(1, left / 10));
}

// due says whether a hint that the token will expire (the SDK's tokenWillExpire) is worth asking for. The SDK gives it
// ten seconds before the end, and at once for tokens of ten seconds or less: those are asked for by their own timer,
// or there would be a storm. It can also be of a former token, whose timer the SDK does not clear.
export function due({ left, lifetime }) {
  return lifetime > 12 && left <= 12;
}
