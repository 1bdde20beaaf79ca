package capability_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/capability-operator/capability-operator/capability"
)

func TestMintedTokenIsWhatTwilioReads(t *testing.T) {
	raw := mint(t, everything())
	segments := strings.Split(raw, ".")

	t.Run("the header is exactly alg and typ", func(t *testing.T) {
		if got := decodeSegment(t, segments[0]); got != headerHS256 {
			t.Errorf("header %s", got)
		}
	})
	t.Run("the claims are iss, scope, iat and exp, and there is no nbf", func(t *testing.T) {
		var got map[string]any
		if err := json.Unmarshal([]byte(decodeSegment(t, segments[1])), &got); err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"iss":   accountSID,
			"scope": everything().Grant.Scope(),
			"iat":   float64(issued.Unix()),
			"exp":   float64(issued.Unix() + 3600),
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("golang-jwt by itself verifies it", func(t *testing.T) {
		_, err := jwt.Parse(raw, func(*jwt.Token) (any, error) { return []byte(authToken), nil },
			jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithIssuer(accountSID),
			jwt.WithTimeFunc(func() time.Time { return issued }), jwt.WithIssuedAt(), jwt.WithExpirationRequired())
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("the same declaration gives the same token", func(t *testing.T) {
		for range 20 { // map order changes
			if mint(t, everything()) != raw {
				t.Fatal("another token")
			}
		}
	})
}

func decodeSegment(t *testing.T, s string) string {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

var mintTimes = []struct {
	name            string
	issued, expires time.Time
	wantSeconds     int64 // exp − iat; 0: refused with ErrLifetime
}{
	{"no expiry is one hour", issued, time.Time{}, 3600},
	{"one second is minted", issued, issued.Add(time.Second), 1},
	{"five seconds are minted", issued, issued.Add(5 * time.Second), 5},
	{"ten minutes are minted", issued, issued.Add(10 * time.Minute), 600},
	{"a second short of a day is minted", issued, issued.Add(24*time.Hour - time.Second), 86399},
	{"exactly a day is minted a second short", issued, issued.Add(24 * time.Hour), 86399},
	{"fractions of issue and expiry are cut off", issued.Add(900 * time.Millisecond), issued.Add(5900 * time.Millisecond), 5},
	{"a fraction beyond a day is cut off", issued, issued.Add(24*time.Hour + 999*time.Millisecond), 86399},
	{"the Unix epoch is a time of issue", time.Unix(0, 0), time.Time{}, 3600},
	{"a local time zone changes nothing", issued.In(time.FixedZone("", 5*3600)), issued.Add(time.Minute), 60},
	{"a second more than a day is refused", issued, issued.Add(24*time.Hour + time.Second), 0},
	{"less than a second is refused", issued, issued.Add(999 * time.Millisecond), 0},
	{"no time at all is refused", issued, issued, 0},
	{"expiry before issue is refused", issued, issued.Add(-time.Hour), 0},
	{"no time of issue is refused", time.Time{}, issued, 0},
	{"a time of issue before 1970 is refused", time.Unix(-1, 0), time.Time{}, 0},
	{"a time of issue after the year 9999 is refused", time.Unix(1<<40, 0), time.Time{}, 0},
	{"an expiry beyond all calendars is refused", issued, time.Unix(1<<62, 0), 0},
	{"an expiry that overflows the year 9999 is refused", time.Unix(253402300799, 0), time.Time{}, 0},
}

func TestMintTimes(t *testing.T) {
	for _, tc := range mintTimes {
		t.Run(tc.name, func(t *testing.T) {
			raw, err := capability.Mint(capability.Token{
				AccountSID: accountSID, Grant: incoming(), IssuedAt: tc.issued, ExpiresAt: tc.expires,
			}, authToken)
			if tc.wantSeconds == 0 {
				wantError(t, err, capability.ErrLifetime)
				return
			}
			wantError(t, err, nil)
			got, err := capability.Parse(raw)
			wantError(t, err, nil)
			iat := time.Unix(tc.issued.Unix(), 0)
			wantToken(t, got, capability.Token{
				AccountSID: accountSID, Grant: incoming(), IssuedAt: iat,
				ExpiresAt: iat.Add(time.Duration(tc.wantSeconds) * time.Second),
			})
		})
	}
}

func TestLifetime(t *testing.T) {
	for _, tc := range []struct {
		name      string
		ttl, want time.Duration
	}{
		{"whole seconds stay", 10 * time.Minute, 10 * time.Minute},
		{"a fraction is cut off", 5*time.Second + 999*time.Millisecond, 5 * time.Second},
		{"less than a second is nothing", 999 * time.Millisecond, 0},
		{"a second short of a day stays", 86399 * time.Second, 86399 * time.Second},
		{"a day is a second shorter", capability.MaxTTL, 86399 * time.Second},
		{"more than a day is no longer than that", 1000 * time.Hour, 86399 * time.Second},
		{"a negative one stays negative", -90 * time.Second, -90 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := capability.Lifetime(tc.ttl); got != tc.want {
				t.Errorf("got %v, want %v", got, tc.want)
			}
		})
	}
}

func TestMintRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*capability.Token)
		key    string
		want   error
	}{
		{"no account SID", func(t *capability.Token) { t.AccountSID = "" }, authToken, capability.ErrCredentials},
		{"an API key's SID for the account's", func(t *capability.Token) { t.AccountSID = "SK" + accountSID[2:] },
			authToken, capability.ErrCredentials},
		{"no key", func(*capability.Token) {}, "", capability.ErrCredentials},
		{"a key with a line break", func(*capability.Token) {}, authToken + "\n", capability.ErrCredentials},
		{"no capability", func(t *capability.Token) { t.Grant = capability.Grant{} }, authToken, capability.ErrGrant},
		{"a malformed application SID", func(t *capability.Token) { t.Grant.Outgoing.ApplicationSID = accountSID },
			authToken, capability.ErrGrant},
		{"a lifetime over a day", func(t *capability.Token) { t.ExpiresAt = issued.Add(25 * time.Hour) },
			authToken, capability.ErrLifetime},
	} {
		t.Run(tc.name+" is refused", func(t *testing.T) {
			token := everything()
			tc.change(&token)
			raw, err := capability.Mint(token, tc.key)
			wantError(t, err, tc.want)
			if raw != "" {
				t.Error("a token beside an error")
			}
		})
	}
}

func TestLongestTokenIsReadBack(t *testing.T) {
	long := everything()
	long.Grant.ClientName = strings.Repeat("\U0001F600", 256)
	params := map[string]string{}
	for i := range 32 {
		params[string(rune('A'+i))] = strings.Repeat("ü", 12) // 25 bytes with its name
	}
	long.Grant.Outgoing.Params, long.Grant.EventStream.Filters = params, params
	raw := mint(t, long)
	got, err := capability.Verify(raw, authToken, issued)
	wantError(t, err, nil)
	long.ExpiresAt = issued.Add(time.Hour)
	wantToken(t, got, long)
	t.Logf("%d bytes", len(raw))
}
