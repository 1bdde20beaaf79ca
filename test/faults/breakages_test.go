//go:build faults

package faults_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// refuse answers in the API server's way, with no effect.
func refuse(code int, reason metav1.StatusReason) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		body, err := json.Marshal(metav1.Status{
			TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
			Status:   metav1.StatusFailure, Code: int32(code), Reason: reason, Message: "refused by the test",
		})
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_, _ = w.Write(body)
	}
}

// resets breaks the connection before the request had an effect.
func resets() fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// losesAnswer lets the request take effect, and then breaks the connection.
func losesAnswer() fault {
	return func(_ http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
}

// conflicts refuses as if somebody had written just before.
func conflicts() fault { return refuse(http.StatusConflict, metav1.StatusReasonConflict) }

// inTurn has the requests to one path meet one fault after the other, from the first one again after the last; a nil
// one lets a request pass. Paths take turns of their own, so that no object has bad luck because of another.
func inTurn(faults ...fault) fault {
	var mu sync.Mutex
	turns := map[string]int{}
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		mu.Lock()
		f := faults[turns[r.URL.Path]%len(faults)]
		turns[r.URL.Path]++
		mu.Unlock()
		if f == nil {
			next.ServeHTTP(w, r)
			return
		}
		f(w, r, next)
	}
}

// rounds has so many requests to one path meet the fault, lets so many pass, and so on.
func rounds(failed, passed int, f fault) fault {
	faults := make([]fault, failed+passed)
	for i := range failed {
		faults[i] = f
	}
	return inTurn(faults...)
}

// takes lets each request wait before it is passed on.
func takes(delay time.Duration) fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		select {
		case <-time.After(delay):
			next.ServeHTTP(w, r)
		case <-r.Context().Done():
		}
	}
}

// holds keeps each request waiting until its sender is gone; it has no effect.
func holds() fault {
	return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		// Only once the body is read does the server notice that the sender is gone.
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
}
