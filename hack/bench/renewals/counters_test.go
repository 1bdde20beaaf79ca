package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestARequestIsNamedByWhatItAskedForAndByItsFailure(t *testing.T) {
	for want, labels := range map[string]map[string]string{
		"PATCH secrets":                   {"verb": "PATCH", "resource": "secrets", "code": "200"},
		"PATCH secrets 409":               {"verb": "PATCH", "resource": "secrets", "code": "409"},
		"PATCH clientcapabilities/status": {"verb": "PATCH", "resource": "clientcapabilities", "subresource": "status", "code": "200"},
	} {
		if got := request(labels); got != want {
			t.Errorf("%v is named %q, not %q", labels, got, want)
		}
	}
}

func TestCountsSinceAMomentLeaveOutWhatDidNotGrow(t *testing.T) {
	before := counts{"GET secrets": 2, "PATCH secrets": 5}
	got := counts{"GET secrets": 2, "PATCH secrets": 9, "POST events": 1}.since(before)
	if diff := cmp.Diff(counts{"PATCH secrets": 4, "POST events": 1}, got); diff != "" {
		t.Error(diff)
	}
}

func TestWritesAreWhatChangesSecretsAndObjects(t *testing.T) {
	c := counts{
		"PATCH secrets": 1, "PATCH clientcapabilities/status 409": 2, "POST secrets": 4, "DELETE secrets": 8,
		"POST events": 100, "GET secrets": 100, "LIST clientcapabilities": 100, watchEvents + "secrets": 100,
	}
	if got := c.writes(); got != 15 {
		t.Errorf("%v writes were counted, not 15", got)
	}
}

func TestTheCostOfARenewalIsJudged(t *testing.T) {
	exact := counts{"PATCH secrets": 1000, "PATCH clientcapabilities/status": 1000, watchEvents + "secrets": 5000}
	with := func(request string, count float64) counts {
		c := counts{request: count}
		for other, n := range exact {
			c[other] += n
		}
		return c
	}
	for _, c := range []struct {
		name             string
		served           counts
		renewals, passes float64
		off              int
	}{
		{"as it must be", exact, 1000, 1000, 0},
		{"as it must be, with some under way", exact, 996, 999, 0},
		{"with a read", with("GET secrets", 1), 1000, 1000, 1},
		{"with a read each", with("GET secrets", 1000), 1000, 1000, 2},
		{"with conflicts", with("PATCH secrets 409", 50), 1000, 1000, 1},
		{"with two reconciles each", exact, 1000, 2000, 1},
		{"without any renewal", counts{}, 0, 0, 2},
	} {
		var judged table
		judged.add(costRows(c.served, c.renewals, c.passes)...)
		if off := judged.off(); len(off) != c.off {
			t.Errorf("%s: %d counts are off, not %d: %q", c.name, len(off), c.off, off)
		}
	}
}
