package capability

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// maxTokenBytes bounds what is read. The longest token that [Mint] can make has
// about 20,000 bytes: a client name of 256 four-byte characters in two scopes, and
// 800 bytes of params and of filters, of which each can take five once encoded.
const maxTokenBytes = 32 << 10

// Parse reads what a token says, without a key and so without knowing whether it
// is true: anyone can write such a text. What is to be trusted needs [Verify].
//
// It fails with [ErrMalformed], [ErrAlgorithm] or [ErrScope] on what is not of the
// form of a capability token or an Access token for Voice, but leaves aside whether the grant, the lifetime and
// the time are right. Times come back in UTC.
func Parse(raw string) (Token, error) {
	parts, err := split(raw)
	if err != nil {
		return Token{}, err
	}
	c, err := readClaims(parts.claims, parts.head)
	if err != nil {
		return Token{}, err
	}
	return c.Token, nil
}

// Verify reads a token of either type that was signed with key and is in force at
// now. It returns the zero Token with an error that says what was wrong, the first
// of:
//
//   - [ErrCredentials]: key is neither an AuthToken nor an API key's secret by form;
//   - [ErrMalformed], [ErrAlgorithm]: the text is not three segments of base64url,
//     of which the first is the header of one of the two types;
//   - [ErrSignature]: another key, or a changed text. Claims are looked at only
//     after this;
//   - [ErrMalformed], [ErrScope]: the claims can't be read, or are another type's;
//   - [ErrGrant], [ErrLifetime]: [Mint] would refuse to grant this, or for so long;
//     the lifetime is judged where the token has an iat. A nbf after now is an
//     ErrLifetime too;
//   - [ErrExpired]: now is not before exp.
//
// Whether AccountSID, Type, KeySID and Region are those that were expected is the
// caller's to compare, and so is an iat after now: an issuer whose clock is a little ahead is
// not a forger.
func Verify(raw, key string, now time.Time) (Token, error) {
	if err := validateKey("key", key); err != nil {
		return Token{}, err
	}
	parts, err := split(raw)
	if err != nil {
		return Token{}, err
	}
	if !parts.signedWith(key) {
		return Token{}, fmt.Errorf("%w: another key signed it, or it was changed", ErrSignature)
	}
	c, err := readClaims(parts.claims, parts.head)
	if err != nil {
		return Token{}, err
	}
	if err := c.check(now); err != nil {
		return Token{}, err
	}
	return c.Token, nil
}

// ParseSigned is [Parse] that also tells whether key signed the token and [Verify]
// would have accepted it when it was issued: what a keeper of tokens asks of each
// one, at the price of one reading.
func ParseSigned(raw, key string) (t Token, signed bool, err error) {
	parts, err := split(raw)
	if err != nil {
		return Token{}, false, err
	}
	c, err := readClaims(parts.claims, parts.head)
	if err != nil {
		return Token{}, false, err
	}
	signed = validateKey("key", key) == nil && parts.signedWith(key) && c.check(c.IssuedAt) == nil
	return c.Token, signed, nil
}

// segments are the parts of a token whose form and header are right.
type segments struct {
	head      head
	signed    string // header and claims as they were signed
	claims    []byte
	signature []byte
}

// signedWith leaves the library's error out, so that no version of it adds detail.
func (s segments) signedWith(key string) bool {
	return jwt.SigningMethodHS256.Verify(s.signed, s.signature, []byte(key)) == nil
}

// split takes a token apart. Anything that decodes to the same bytes as another
// text is refused, so that no byte of a token can be changed unseen.
func split(raw string) (segments, error) {
	if len(raw) > maxTokenBytes {
		return segments{}, fmt.Errorf("%w: it is longer than %d bytes", ErrMalformed, maxTokenBytes)
	}
	// Also a strict base64 decoder skips line breaks.
	if strings.ContainsAny(raw, "\r\n") {
		return segments{}, fmt.Errorf("%w: it has a line break", ErrMalformed)
	}
	first, rest, _ := strings.Cut(raw, ".")
	body, tail, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(tail, ".") {
		return segments{}, fmt.Errorf("%w: it does not have three segments", ErrMalformed)
	}
	said, err := readHeader(first)
	if err != nil {
		return segments{}, err
	}
	claims, err := decode(body)
	if err != nil {
		return segments{}, fmt.Errorf("%w: claims: %w", ErrMalformed, err)
	}
	signature, err := decode(tail)
	if err != nil || len(signature) != signatureBytes {
		return segments{}, fmt.Errorf("%w: the signature is not %d bytes of base64url", ErrMalformed, signatureBytes)
	}
	return segments{head: said, signed: raw[:len(first)+1+len(body)], claims: claims, signature: signature}, nil
}

// head is what the header of a token says.
type head struct {
	kind   Type
	region string
}

// readHeader refuses every algorithm but HS256 before it looks at the rest, and
// then everything but a typ of JWT and the content type of an Access token, which
// alone can have a region: what else a header adds, a crit for one, makes it another
// kind of token.
func readHeader(segment string) (head, error) {
	if segment == header {
		return head{}, nil
	}
	object, err := decode(segment)
	if err != nil {
		return head{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	m, err := readMembers(object)
	if err != nil {
		return head{}, fmt.Errorf("%w: header: %w", ErrMalformed, err)
	}
	if alg, ok := m.text("alg"); !ok || alg != jwt.SigningMethodHS256.Alg() {
		return head{}, ErrAlgorithm
	}
	if m.has("cty") {
		return readAccessHeader(m)
	}
	if typ, ok := m.text("typ"); m.has("typ") && (!ok || typ != "JWT") {
		return head{}, fmt.Errorf("%w: header: typ is not JWT", ErrMalformed)
	}
	if !m.only("alg", "typ") {
		return head{}, fmt.Errorf("%w: header: it has more than alg and typ, and no cty", ErrMalformed)
	}
	return head{}, nil
}

func readAccessHeader(m members) (head, error) {
	if cty, ok := m.text("cty"); !ok || cty != accessContent {
		return head{}, fmt.Errorf("%w: header: cty is not that of an Access token", ErrMalformed)
	}
	if typ, ok := m.text("typ"); !ok || typ != "JWT" {
		return head{}, fmt.Errorf("%w: header: typ is not JWT", ErrMalformed)
	}
	if !m.only("alg", "typ", "cty", "twr") {
		return head{}, fmt.Errorf("%w: header: it has more than alg, typ, cty and twr", ErrMalformed)
	}
	region, ok := m.text("twr")
	if m.has("twr") && (!ok || !isRegion(region)) {
		return head{}, fmt.Errorf("%w: header: twr is not a region", ErrMalformed)
	}
	return head{kind: TypeAccess, region: region}, nil
}

// decoder refuses left-over bits at the end of a segment, which would give a
// signature several spellings.
var decoder = jwt.NewParser(jwt.WithStrictDecoding())

func decode(segment string) ([]byte, error) {
	data, err := decoder.DecodeSegment(segment)
	if err != nil {
		return nil, errors.New("it is not base64url without padding")
	}
	return data, nil
}
