package certificate

import (
	"crypto/x509"
	"slices"
	"testing"
	"time"
)

const day = 24 * time.Hour

var (
	noon  = time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	names = []string{"tokenserver.x.svc", "127.0.0.1"}
)

func made(t *testing.T, now time.Time) *pair {
	t.Helper()
	p, err := fresh(names, now)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func renewedAt(t *testing.T, p *pair, names []string, now time.Time) *pair {
	t.Helper()
	next, err := p.renewed(names, now)
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func TestWhatIsMadeVerifiesForItsNamesAndSurvivesTheSecret(t *testing.T) {
	data, err := made(t, noon).write()
	if err != nil {
		t.Fatal(err)
	}
	p, err := read(data)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(data[AuthorityKey]) {
		t.Fatal("no authority is published")
	}
	for _, name := range names {
		if _, err := p.serving.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: noon}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if renewedAt(t, p, names, noon.Add(59*day)) != nil {
		t.Error("it is renewed long before its time")
	}
}

func TestAServingCertificateIsRenewedAMonthBeforeItsEnd(t *testing.T) {
	p := made(t, noon)
	next := renewedAt(t, p, names, noon.Add(61*day))
	if next == nil || next.serving.Equal(p.serving) || len(next.authorities) != 1 || !next.authorities[0].Equal(p.authorities[0]) {
		t.Fatal("it is not renewed by the same authority")
	}
	if !next.trusted(noon.Add(150 * day)) {
		t.Error("it does not last")
	}
}

func TestOtherNamesNeedAnotherCertificate(t *testing.T) {
	p := made(t, noon)
	next := renewedAt(t, p, []string{"other.x.svc"}, noon)
	if next == nil || !slices.Equal(next.serving.DNSNames, []string{"other.x.svc"}) {
		t.Error("it keeps the old names")
	}
}

// A caller that has read the authorities today can verify what is served for a day
// at least, whatever is renewed meanwhile.
func TestNoRenewalSurprisesACaller(t *testing.T) {
	p := made(t, noon)
	for now := noon; now.Before(noon.Add(21 * 365 * day)); now = now.Add(23 * time.Hour) {
		next := renewedAt(t, p, names, now)
		if next == nil {
			continue
		}
		if !next.trusted(now) {
			t.Fatalf("after %s, what is served can't be verified", now.Sub(noon))
		}
		known := &pair{authorities: p.authorities, serving: next.serving}
		if !known.trusted(now) {
			t.Fatalf("after %s, what is served is signed by an authority that was not known a day before", now.Sub(noon))
		}
		if p = next; len(p.authorities) > 2 {
			t.Fatalf("after %s there are %d authorities", now.Sub(noon), len(p.authorities))
		}
	}
}

func TestWhatHasExpiredOrDoesNotBelongTogetherIsMadeAnew(t *testing.T) {
	p := made(t, noon)
	months := noon.Add(100 * day) // which a server was off
	if next := renewedAt(t, p, names, months); next == nil || !next.trusted(months) || !next.authorities[0].Equal(p.authorities[0]) {
		t.Error("an expired certificate is not renewed by the authority that callers know")
	}
	years := noon.Add(11 * 365 * day)
	if next := renewedAt(t, p, names, years); next == nil || !next.trusted(years) {
		t.Error("an expired authority is not replaced")
	}
	other, err := made(t, noon).write()
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{AuthorityKey, authorityKeyKey, servingKey, servingKeyKey} {
		data, err := p.write()
		if err != nil {
			t.Fatal(err)
		}
		delete(data, key)
		if _, err := read(data); err == nil {
			t.Errorf("without %s it can be read", key)
		}
		data[key] = other[key]
		if mixed, err := read(data); err == nil && mixed.trusted(noon) {
			t.Errorf("with another's %s it is taken", key)
		}
	}
}
