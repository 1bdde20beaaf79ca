package main

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// outlasts has the API server away: nobody is let in by what can't be asked, the log says so and is not filled by who asks
// all the same, and it passes.
func (w *world) outlasts(t *testing.T, bearer string) {
	t.Helper()
	straight := w.straight(t)
	create(t, w.api, binding()) // which was withdrawn
	granted := func() bool { return straight.ask(t, "tommy", `{}`, bearer).code == http.StatusCreated }
	eventually(t, 10*time.Second, granted, w.log.String)
	before := len(w.log.String())
	if err := w.cluster.StopAPIServer(); err != nil {
		t.Fatal(err)
	}
	var seen answer
	eventually(t, 20*time.Second, func() bool {
		seen = straight.ask(t, "tommy", `{}`, bearer)
		return seen.code == http.StatusServiceUnavailable && strings.Contains(seen.body, "who you are")
	}, func() string { return seen.body })
	said := w.saidSince(before)
	for range 200 {
		seen = straight.ask(t, "tommy", `{}`, bearer)
		seen.mustBe(t, http.StatusServiceUnavailable, "who you are")
		if seen.header.Get("Retry-After") == "" {
			t.Error("it does not say when to try again")
		}
	}
	// Caches have something to say now and then, whoever asks.
	if more := w.saidSince(before) - said; more > 50 {
		t.Errorf("200 requests are told of in %d lines:\n%s", more, w.log)
	}
	if err := w.cluster.StartAPIServer(t.Context()); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, granted, w.log.String)
	for line, times := range map[string]int{
		"The API server can't be asked who calls": 1, "The API server can be asked again who calls": 1, "Failed to make webhook authorizer request": 0,
	} {
		if got := strings.Count(w.log.String()[before:], line); got != times {
			t.Errorf("%d times it is said: %s", got, line)
		}
	}
	w.awaitAvailable(t)
}

// saidSince is how many lines the log has that are about no request.
func (w *world) saidSince(before int) (lines int) {
	for line := range strings.Lines(w.log.String()[before:]) {
		if !strings.Contains(line, `"Token requested"`) {
			lines++
		}
	}
	return lines
}
