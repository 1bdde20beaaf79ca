package controllers

import (
	"errors"
	"net/http"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"
)

// answering is a transport whose every answer has this Date header, or which fails.
type answering struct {
	date string
	err  error
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	if a.err != nil {
		return nil, a.err
	}
	return &http.Response{Header: http.Header{"Date": {a.date}}, Body: http.NoBody}, nil
}

func (a answering) ask(t *testing.T, s *ServerTime) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://server", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := s.Wrap(a).RoundTrip(request)
	if !errors.Is(err, a.err) {
		t.Fatalf("the transport's error became %v", err)
	}
	if err == nil {
		_ = response.Body.Close()
	}
}

func TestServerTimeFollowsTheDateOfAnswers(t *testing.T) {
	noon := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	clock := clocktesting.NewFakePassiveClock(noon)
	s := &ServerTime{Clock: clock}
	expect := func(when string, wanted time.Time) {
		t.Helper()
		if passed := s.Passed(); !passed.Equal(wanted) {
			t.Errorf("%s the server's clock has passed %v, wanted %v", when, passed, wanted)
		}
	}

	expect("before any answer", time.Time{})
	answering{err: errors.New("refused")}.ask(t, s)
	expect("after a failed call", time.Time{})
	answering{date: "yesterday"}.ask(t, s)
	expect("after a header that is no date", time.Time{})

	answering{date: noon.Add(time.Hour).Format(http.TimeFormat)}.ask(t, s)
	expect("after an answer from an hour ahead", noon.Add(time.Hour))
	clock.SetTime(noon.Add(10 * time.Second))
	expect("ten seconds later", noon.Add(time.Hour+10*time.Second))
	answering{date: "yesterday"}.ask(t, s)
	expect("after a header that is no date", noon.Add(time.Hour+10*time.Second))

	answering{date: noon.Add(-time.Minute).Format(http.TimeFormat)}.ask(t, s)
	expect("after an answer from behind", noon.Add(-time.Minute))
}

func TestServerTimeMayBeUnknown(t *testing.T) {
	if passed := (*ServerTime)(nil).Passed(); !passed.IsZero() {
		t.Errorf("without a ServerTime the server's clock has passed %v", passed)
	}
}
