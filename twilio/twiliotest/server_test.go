package twiliotest_test

import (
	"context"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

const (
	sid   = "AC0123456789abcdef0123456789abcdef"
	key   = "SK0123456789abcdef0123456789abcdef"
	read  = "/2010-04-01/Accounts/" + sid + ".json"
	list  = "/2010-04-01/Accounts/" + sid + "/Applications.json?PageSize=1"
	other = "/2010-04-01/Accounts/ACffffffffffffffffffffffffffffffff/Applications.json"
)

func newServer(t *testing.T) *twiliotest.Server {
	t.Helper()
	stub := twiliotest.NewServer(twiliotest.Account{SID: sid, AuthToken: "token", APIKey: key, APISecret: "secret"})
	t.Cleanup(stub.Close)
	return stub
}

// get is the HTTP status of an answer.
func get(ctx context.Context, t *testing.T, stub *twiliotest.Server, path, username, password string) int {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, stub.URL()+path, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.SetBasicAuth(username, password)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}

func TestCredentialsAreChecked(t *testing.T) {
	stub := newServer(t)
	for _, tc := range []struct {
		name, path, username, password string
		want                           int
	}{
		{"the AuthToken reads the account", read, sid, "token", 200},
		{"the AuthToken lists applications", list, sid, "token", 200},
		{"another AuthToken does not", read, sid, "secret", 401},
		{"an API key lists applications", list, key, "secret", 200},
		{"an API key can't read the account", read, key, "secret", 401},
		{"an API key with another secret can't list", list, key, "token", 401},
		{"an API key can't look into another account", other, key, "secret", 404},
		{"nobody can't", list, "", "", 401},
	} {
		if got := get(t.Context(), t, stub, tc.path, tc.username, tc.password); got != tc.want {
			t.Errorf("%s: HTTP %d, want %d", tc.name, got, tc.want)
		}
	}
}

func TestRequestsAreRecordedWithoutPasswords(t *testing.T) {
	stub := newServer(t)
	get(t.Context(), t, stub, read, sid, "token")
	get(t.Context(), t, stub, list, key, "wrong")
	want := []twiliotest.Request{{Path: read, Username: sid}, {Path: list, Username: key}}
	if got := stub.Requests(); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCredentialsAreReplacedByARotation(t *testing.T) {
	stub := newServer(t)
	stub.SetAccount(twiliotest.Account{SID: sid, AuthToken: "promoted"})
	if got := get(t.Context(), t, stub, read, sid, "token"); got != 401 {
		t.Errorf("the former AuthToken: HTTP %d", got)
	}
	if got := get(t.Context(), t, stub, read, sid, "promoted"); got != 200 {
		t.Errorf("the present AuthToken: HTTP %d", got)
	}
	if got := get(t.Context(), t, stub, list, "", ""); got != 401 {
		t.Errorf("a key that is not there: HTTP %d", got)
	}
}

func TestASlowRequestIsAnsweredAfterASwitch(t *testing.T) {
	stub := newServer(t)
	stub.Slow()
	status := make(chan int)
	go func() { status <- get(context.Background(), t, stub, read, sid, "token") }()
	for look := time.Tick(time.Millisecond); len(stub.Requests()) == 0; {
		select {
		case got := <-status:
			t.Fatalf("answered with HTTP %d", got)
		case <-look:
		}
	}
	stub.Down()
	if got := <-status; got != 503 {
		t.Errorf("HTTP %d, want 503", got)
	}
}
