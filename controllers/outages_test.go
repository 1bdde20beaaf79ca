package controllers

import (
	"errors"
	"net/http"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// answers is a transport that answers with this status, or fails where it is zero.
type answers int

var errRefused = errors.New("connection refused")

func (a answers) RoundTrip(*http.Request) (*http.Response, error) {
	if a == 0 {
		return nil, errRefused
	}
	return &http.Response{StatusCode: int(a), Body: http.NoBody}, nil
}

func (a answers) ask(t *testing.T, o *Outages) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://server", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := o.Wrap(a).RoundTrip(request)
	if a == 0 {
		if !errors.Is(err, errRefused) {
			t.Fatalf("the transport's error became %v", err)
		}
		return
	}
	if err != nil || response.StatusCode != int(a) {
		t.Fatalf("the transport's answer became %v, %v", response, err)
	}
	_ = response.Body.Close()
}

func TestTheEndOfAnOutageIsToldOnce(t *testing.T) {
	const lost, ok, missing, unavailable = answers(0), answers(http.StatusOK), answers(http.StatusNotFound), answers(http.StatusBadGateway)
	const moment, long = time.Millisecond, time.Minute
	type step struct {
		after  time.Duration
		answer answers
	}
	for name, test := range map[string]struct {
		steps []step
		told  bool
	}{
		"nothing failed":                         {[]step{{long, ok}, {long, ok}}, false},
		"a refusal is an answer":                 {[]step{{long, missing}, {long, ok}}, false},
		"one call failed":                        {[]step{{long, ok}, {long, lost}, {moment, ok}, {long, ok}}, false},
		"single calls fail for long":             {[]step{{0, lost}, {moment, ok}, {long, lost}, {moment, ok}}, false},
		"nothing was answered for long":          {[]step{{0, lost}, {long, lost}, {moment, ok}}, true},
		"nothing was asked for long":             {[]step{{0, lost}, {long, ok}}, true},
		"just long enough":                       {[]step{{0, lost}, {outageFrom, ok}}, true},
		"a proxy answered for it":                {[]step{{0, unavailable}, {long, unavailable}, {moment, ok}}, true},
		"it is not over while a proxy answers":   {[]step{{0, lost}, {long, unavailable}}, false},
		"what answers again may refuse":          {[]step{{0, lost}, {long, missing}}, true},
		"two of them that nobody listened to":    {[]step{{0, lost}, {long, ok}, {moment, lost}, {long, ok}}, true},
		"one is over and the next has not ended": {[]step{{0, lost}, {long, ok}, {moment, lost}, {long, lost}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakePassiveClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
			o := NewOutages(clock)
			for _, s := range test.steps {
				clock.SetTime(clock.Now().Add(s.after))
				s.answer.ask(t, o)
			}
			if told := len(o.Over()); (told == 1) != test.told {
				t.Errorf("the end of an outage was told %d times", told)
			}
		})
	}
}

func TestOutagesMayBeUnknown(t *testing.T) {
	select {
	case <-(*Outages)(nil).Over():
		t.Error("an outage that nobody noticed is over")
	default:
	}
}
