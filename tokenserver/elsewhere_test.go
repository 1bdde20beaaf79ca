package tokenserver

import (
	"errors"
	"net/http"
	"testing"
)

func TestWhoCanNotBeServedHereIsToDialAnew(t *testing.T) {
	w := newWorld(t, tommy(), account())
	if kept := w.ask(t, http.MethodPost, path, `{}`).Header().Get("Connection"); kept != "" {
		t.Errorf("a connection that serves says %q", kept)
	}
	w.fail = errors.New("away")
	answer := w.ask(t, http.MethodPost, path, `{}`)
	if answer.Code != http.StatusServiceUnavailable || answer.Header().Get("Connection") != "close" {
		t.Errorf("the answer %d keeps its connection: %v", answer.Code, answer.Header())
	}
}
