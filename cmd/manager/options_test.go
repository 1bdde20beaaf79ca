package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ordinary is what a manager does that is told nothing.
func ordinary() options {
	return options{
		metrics:          metricsOptions{address: "0", secure: true, certName: "tls.crt", certKey: "tls.key", perObject: true},
		probeAddress:     ":8081",
		leaderElectionID: "capability-operator",
		concurrency:      16,
		allowedPrefixes:  []string{"reloader.stakater.com/"},
		clusterAccounts:  true,
		twilioAPIURL:     "https://api.twilio.com",
		logLevel:         slog.LevelInfo,
	}
}

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		change func(*options)
	}{
		"nothing":    {nil, func(*options) {}},
		"addresses":  {[]string{"--metrics-bind-address=127.0.0.1:8080", "--health-probe-bind-address", "0"}, func(o *options) { o.metrics.address, o.probeAddress = "127.0.0.1:8080", "0" }},
		"plain HTTP": {[]string{"--metrics-secure=false"}, func(o *options) { o.metrics.secure = false }},
		"a certificate": {[]string{"--metrics-cert-path=/certs", "--metrics-cert-name=a.crt", "--metrics-cert-key=a.key"}, func(o *options) {
			o.metrics.certPath, o.metrics.certName, o.metrics.certKey = "/certs", "a.crt", "a.key"
		}},
		"few series":   {[]string{"--per-object-metrics=false"}, func(o *options) { o.metrics.perObject = false }},
		"an election":  {[]string{"--leader-elect", "--leader-election-namespace=voice"}, func(o *options) { o.leaderElect, o.leaderElectionNamespace = true, "voice" }},
		"a lease":      {[]string{"--leader-election-id=capability-operator-sales"}, func(o *options) { o.leaderElectionID = "capability-operator-sales" }},
		"no election":  {[]string{"--leader-elect=false"}, func(*options) {}},
		"a namespace":  {[]string{"--watch-namespaces=support"}, func(o *options) { o.namespaces = []string{"support"} }},
		"namespaces":   {[]string{"--watch-namespaces", " support, sales,,support,"}, func(o *options) { o.namespaces = []string{"support", "sales"} }},
		"no namespace": {[]string{"--watch-namespaces="}, func(*options) {}},
		"concurrency":  {[]string{"--max-concurrent-reconciles=1"}, func(o *options) { o.concurrency = 1 }},
		"prefixes":     {[]string{"--allowed-metadata-prefixes=a.example.com/,example.org/"}, func(o *options) { o.allowedPrefixes = []string{"a.example.com/", "example.org/"} }},
		"no prefix":    {[]string{"--allowed-metadata-prefixes="}, func(o *options) { o.allowedPrefixes = nil }},
		"no lent ones": {[]string{"--cluster-accounts=false"}, func(o *options) { o.clusterAccounts = false }},
		"a stand-in":   {[]string{"--twilio-api-url=http://127.0.0.1:1234"}, func(o *options) { o.twilioAPIURL = "http://127.0.0.1:1234" }},
		"much to say":  {[]string{"--log-level=debug"}, func(o *options) { o.logLevel = slog.LevelDebug }},
		"little":       {[]string{"--log-level=error"}, func(o *options) { o.logLevel = slog.LevelError }},
		"one dash":     {[]string{"-log-level", "warn"}, func(o *options) { o.logLevel = slog.LevelWarn }},
		"a kubeconfig": {[]string{"--kubeconfig=/somewhere"}, func(*options) {}}, // read by the library that looks for the cluster
	} {
		t.Run(name, func(t *testing.T) {
			want := ordinary()
			test.change(&want)
			var printed bytes.Buffer
			got, err := parseOptions(test.args, &printed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(options{}, metricsOptions{})); diff != "" {
				t.Error(diff)
			}
			if printed.Len() > 0 {
				t.Errorf("it printed %s", &printed)
			}
		})
	}
}

func TestMistakenOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string // all of it
	}{
		"an unknown flag":            {[]string{"--lead-elect"}, []string{"-lead-elect"}},
		"a word":                     {[]string{"--leader-elect", "true"}, []string{`"true"`, "--help"}},
		"a level that is none":       {[]string{"--log-level=loud"}, []string{`--log-level "loud"`, "debug, info, warn or error"}},
		"a level that tells secrets": {[]string{"--log-level=trace"}, []string{`--log-level "trace"`}},
		"a level that is a number":   {[]string{"--log-level=9"}, []string{`--log-level "9"`}},
		"nobody to work":             {[]string{"--max-concurrent-reconciles=0"}, []string{"--max-concurrent-reconciles 0", "1 or more"}},
		"fewer than nobody":          {[]string{"--max-concurrent-reconciles=-4"}, []string{"--max-concurrent-reconciles -4", "1 or more"}},
		"a number that is none":      {[]string{"--max-concurrent-reconciles=many"}, []string{`"many"`, "-max-concurrent-reconciles"}},
		"a truth that is none":       {[]string{"--leader-elect=perhaps"}, []string{`"perhaps"`, "-leader-elect"}},
		"a namespace that is none":   {[]string{"--watch-namespaces=support,Sales"}, []string{"--watch-namespaces", `"Sales"`}},
		"a namespace with a star":    {[]string{"--watch-namespaces=*"}, []string{"--watch-namespaces", `"*"`}},
		"a lease without a name":     {[]string{"--leader-election-id="}, []string{`--leader-election-id: ""`}},
		"a lease of no right name":   {[]string{"--leader-election-id=Sales"}, []string{`--leader-election-id: "Sales"`, "lower case"}},
		"the lease over accounts":    {[]string{"--leader-election-id=capability-operator-accounts"}, []string{"--leader-election-id", "ClusterAccounts", "choose another name"}},
		"a prefix without its slash": {[]string{"--allowed-metadata-prefixes=example.com"}, []string{"--allowed-metadata-prefixes", `"example.com"`, "a slash"}},
		"a prefix that is all":       {[]string{"--allowed-metadata-prefixes=/"}, []string{"--allowed-metadata-prefixes", `"/"`}},
		"a prefix with a key":        {[]string{"--allowed-metadata-prefixes=example.com/team/"}, []string{`"example.com/team/"`}},
		"a prefix of Kubernetes":     {[]string{"--allowed-metadata-prefixes=kubernetes.io/"}, []string{`"kubernetes.io/"`, "reserved"}},
		"a prefix of a part of it":   {[]string{"--allowed-metadata-prefixes=app.kubernetes.io/"}, []string{`"app.kubernetes.io/"`, "reserved"}},
		"the operator's own prefix":  {[]string{"--allowed-metadata-prefixes=voice.capability-operator.io/"}, []string{`"voice.capability-operator.io/"`, "reserved"}},
		"an API without encryption":  {[]string{"--twilio-api-url=http://api.twilio.com"}, []string{"--twilio-api-url", "https"}},
		"an API that is no address":  {[]string{"--twilio-api-url=twilio"}, []string{"--twilio-api-url", "https"}},
		"a certificate of nothing":   {[]string{"--metrics-secure=false", "--metrics-cert-path=/certs"}, []string{"--metrics-cert-path", "plain HTTP", "--metrics-secure=false"}},
		"several mistakes, told at once": {
			[]string{"--watch-namespaces=A", "--allowed-metadata-prefixes=b", "--max-concurrent-reconciles=0"},
			[]string{`"A"`, `"b"`, "--max-concurrent-reconciles 0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var printed bytes.Buffer
			_, err := parseOptions(test.args, &printed)
			if err == nil {
				t.Fatal("there is no error")
			}
			for _, part := range test.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error lacks %q: %v", part, err)
				}
			}
			if printed.Len() > 0 {
				t.Errorf("a mistake is told once, by the error alone; it printed %s", &printed)
			}
		})
	}
}

func TestACertificateThatIsNotThereIsNotReplacedByAnother(t *testing.T) {
	o := metricsOptions{address: ":8443", secure: true, certPath: t.TempDir(), certName: "tls.crt", certKey: "tls.key"}
	_, _, err := o.server()
	if err == nil || !strings.Contains(err.Error(), "--metrics-cert-path") || !strings.Contains(err.Error(), o.certPath+"/tls.crt") {
		t.Errorf("the error is: %v", err)
	}
}

func TestHelpListsEveryFlag(t *testing.T) {
	var printed bytes.Buffer
	_, err := parseOptions([]string{"--help"}, &printed)
	if !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, name := range []string{
		"allowed-metadata-prefixes", "cluster-accounts", "twilio-api-url", "health-probe-bind-address", "kubeconfig", "leader-elect", "leader-election-id", "leader-election-namespace",
		"log-level", "max-concurrent-reconciles", "metrics-bind-address", "metrics-cert-key", "metrics-cert-name",
		"metrics-cert-path", "metrics-secure", "per-object-metrics", "version", "watch-namespaces",
	} {
		if !strings.Contains(printed.String(), "-"+name) {
			t.Errorf("--help leaves out --%s", name)
		}
	}
}

func TestAManagerThatIsToldNonsenseDoesNotStart(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"options":      {[]string{"--log-level=loud"}, "--log-level"},
		"a kubeconfig": {[]string{"--kubeconfig=" + t.TempDir() + "/missing"}, "finding the cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			err := run(t.Context(), test.args, io.Discard)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("the error is %v", err)
			}
		})
	}
}
