package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestFlagsThatCantWorkAreRefusedInWords(t *testing.T) {
	inPod := func(name string) string {
		return map[string]string{"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}[name]
	}
	nowhere := func(string) string { return "" }
	for _, c := range []struct {
		args  string
		env   func(string) string
		words string
	}{
		{"", inPod, "no way to a token"},
		{"--on-demand agents", inPod, "NAMESPACE/NAME"},
		{"--on-demand support/agents", nowhere, "--api-server"},
		{"--mounted /var/run/voice more", inPod, `"more"`},
	} {
		o, err := parse(strings.Fields(c.args), c.env, io.Discard)
		if err == nil {
			_, err = o.softphone(nil)
		}
		if err == nil || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%q gives %v", c.args, err)
		}
	}
	o, err := parse([]string{"--on-demand", "support/agents"}, inPod, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if s, err := o.softphone(nil); err != nil || s.onDemand.apiServer != "https://10.0.0.1:443" {
		t.Errorf("in a pod it asks %+v (%v)", s, err)
	}
}

func TestAProgramWithoutTwiliosSDKSaysHowToBuildItIn(t *testing.T) {
	if err := complete(fstest.MapFS{}); err == nil || !strings.Contains(err.Error(), "npm ci") {
		t.Errorf("it says %v", err)
	}
	if err := complete(fstest.MapFS{sdk: {}}); err != nil {
		t.Error(err)
	}
}

func TestAnAnswerThatIsBeingGivenIsFinishedAtTheEnd(t *testing.T) {
	s := newStage(t)
	begun, finish := make(chan struct{}), make(chan struct{})
	s.demand(func(w http.ResponseWriter, r *http.Request) { close(begun); <-finish; s.grant(w, r) })
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.serve(ctx, listener) }()

	status := make(chan int, 1)
	go func() {
		request, _ := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+listener.Addr().String()+"/token/on-demand", http.NoBody)
		request.SetBasicAuth("agent_7", "password-of-agent_7")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			status <- 0
			return
		}
		_ = response.Body.Close()
		status <- response.StatusCode
	}()
	<-begun
	end()
	close(finish)
	if got := <-status; got != http.StatusOK {
		t.Errorf("the answer is %d", got)
	}
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(grace):
		t.Error("it does not end")
	}
}
