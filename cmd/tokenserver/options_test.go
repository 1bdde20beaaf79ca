package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"log/slog"
	"os/exec"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/capability-operator/capability-operator/test/controlplane"
)

// ordinary is what a token server does that is told nothing but its namespace.
func ordinary() options {
	return options{
		address:         ":10443",
		certNamespace:   "voice",
		certSecret:      "tokenserver-certificate",
		certConfigMap:   "tokenserver-ca",
		certAPIService:  "v1alpha1.tokens.voice.capability-operator.io",
		certNames:       []string{"tokenserver.voice.svc"},
		clusterAccounts: true,
		logLevel:        slog.LevelInfo,
	}
}

func TestOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args   []string
		change func(*options)
	}{
		"nothing":         {nil, func(*options) {}},
		"an address":      {[]string{"--bind-address=127.0.0.1:8443"}, func(o *options) { o.address = "127.0.0.1:8443" }},
		"an address of 6": {[]string{"--bind-address=[::1]:8443"}, func(o *options) { o.address = "[::1]:8443" }},
		"a shared one":    {[]string{"--permit-port-sharing"}, func(o *options) { o.shared = true }},
		"files": {[]string{"--tls-cert-file=/tls/tls.crt", "--tls-private-key-file=/tls/tls.key"}, func(o *options) {
			o.certFile, o.keyFile = "/tls/tls.crt", "/tls/tls.key"
		}},
		"another namespace": {[]string{"--cert-namespace=speech"}, func(o *options) {
			o.certNamespace, o.certNames = "speech", []string{"tokenserver.speech.svc"}
		}},
		"other objects": {[]string{"--cert-secret=a", "--cert-configmap=b", "--cert-apiservice=c.d"}, func(o *options) {
			o.certSecret, o.certConfigMap, o.certAPIService = "a", "b", "c.d"
		}},
		"names": {[]string{"--cert-names", " my-tokenserver.voice.svc, 192.0.2.1,,fd00::1,192.0.2.1 "}, func(o *options) {
			o.certNames = []string{"my-tokenserver.voice.svc", "192.0.2.1", "fd00::1"}
		}},
		"no name":      {[]string{"--cert-names="}, func(*options) {}},
		"namespaces":   {[]string{"--watch-namespaces", "support, sales"}, func(o *options) { o.namespaces = []string{"support", "sales"} }},
		"no lent ones": {[]string{"--cluster-accounts=false"}, func(o *options) { o.clusterAccounts = false }},
		"much to say":  {[]string{"--log-level=debug"}, func(o *options) { o.logLevel = slog.LevelDebug }},
		"twice":        {[]string{"--bind-address=:1", "--bind-address=:2"}, func(o *options) { o.address = ":2" }},
		"a kubeconfig": {[]string{"--kubeconfig=/somewhere"}, func(*options) {}}, // read by the library that looks for the cluster
	} {
		t.Run(name, func(t *testing.T) {
			want := ordinary()
			test.change(&want)
			var printed bytes.Buffer
			got, err := parseOptions(append([]string{"--cert-namespace=voice"}, test.args...), &printed)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(options{})); diff != "" {
				t.Error(diff)
			}
			if printed.Len() > 0 {
				t.Errorf("it printed %s", &printed)
			}
		})
	}
}

// A certificate in files needs no namespace to keep one in.
func TestOptionsWithoutANamespace(t *testing.T) {
	if _, err := parseOptions([]string{"--tls-cert-file=a", "--tls-private-key-file=b"}, io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := parseOptions(nil, io.Discard); err == nil || !strings.Contains(err.Error(), "--cert-namespace") || !strings.Contains(err.Error(), "--tls-cert-file") {
		t.Errorf("the error is %v", err)
	}
}

func TestMistakenOptions(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says []string // all of it
	}{
		"an unknown flag":             {[]string{"--secure-port=443"}, []string{"-secure-port"}},
		"a word":                      {[]string{"--permit-port-sharing", "true"}, []string{`"true"`, "--help"}},
		"a level that is none":        {[]string{"--log-level=loud"}, []string{`--log-level "loud"`}},
		"a level that tells secrets":  {[]string{"--log-level=trace"}, []string{`--log-level "trace"`}},
		"an address without a port":   {[]string{"--bind-address=127.0.0.1"}, []string{`--bind-address "127.0.0.1"`, ":10443"}},
		"no address":                  {[]string{"--bind-address="}, []string{"--bind-address"}},
		"a certificate without a key": {[]string{"--tls-cert-file=a"}, []string{"--tls-cert-file", "--tls-private-key-file", "both"}},
		"a key without a certificate": {[]string{"--tls-private-key-file=a"}, []string{"--tls-cert-file", "--tls-private-key-file", "both"}},
		"a namespace that is none":    {[]string{"--watch-namespaces=support,Sales"}, []string{"--watch-namespaces", `"Sales"`}},
		"another that is none":        {[]string{"--cert-namespace=sup.port"}, []string{"--cert-namespace", `"sup.port"`}},
		"a Secret that is none":       {[]string{"--cert-secret=A"}, []string{"--cert-secret", `"A"`}},
		"a ConfigMap that is none":    {[]string{"--cert-configmap=a_b"}, []string{"--cert-configmap", `"a_b"`}},
		"an APIService that is none":  {[]string{"--cert-apiservice="}, []string{"--cert-apiservice", `""`}},
		"a name that is none":         {[]string{"--cert-names=tokenserver.voice.svc,https://x"}, []string{"--cert-names", `"https://x"`, "address"}},
		"a truth that is none":        {[]string{"--cluster-accounts=perhaps"}, []string{`"perhaps"`, "-cluster-accounts"}},
		"several mistakes, told at once": {
			[]string{"--bind-address=x", "--watch-namespaces=A", "--cert-secret=B", "--cert-names=c_d"},
			[]string{`"x"`, `"A"`, `"B"`, `"c_d"`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var printed bytes.Buffer
			_, err := parseOptions(append([]string{"--cert-namespace=voice"}, test.args...), &printed)
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

func TestHelpListsEveryFlag(t *testing.T) {
	var printed bytes.Buffer
	if _, err := parseOptions([]string{"--help"}, &printed); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	for _, name := range []string{
		"bind-address", "permit-port-sharing", "tls-cert-file", "tls-private-key-file", "cert-namespace", "cert-secret", "cert-configmap",
		"cert-apiservice", "cert-names", "watch-namespaces", "cluster-accounts", "log-level", "version", "kubeconfig",
	} {
		if !strings.Contains(printed.String(), "-"+name) {
			t.Errorf("--help leaves out --%s", name)
		}
	}
}

func TestATokenServerThatIsToldNonsenseDoesNotStart(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"options":      {[]string{"--log-level=loud"}, "--log-level"},
		"a kubeconfig": {[]string{"--cert-namespace=voice", "--kubeconfig=" + t.TempDir() + "/missing"}, "finding the cluster"},
		"files": {
			[]string{"--kubeconfig=" + nowhere(t), "--bind-address=" + controlplane.FreeAddress(t), "--tls-cert-file=/missing", "--tls-private-key-file=/missing"},
			"--tls-cert-file",
		},
		"an address": {[]string{"--kubeconfig=" + nowhere(t), "--cert-namespace=voice", "--bind-address=192.0.2.1:1"}, "--bind-address"},
	} {
		t.Run(name, func(t *testing.T) {
			said, err := process(t.Context(), test.args...).CombinedOutput()
			if failed := (&exec.ExitError{}); !errors.As(err, &failed) || failed.ExitCode() != 1 || !strings.Contains(string(said), test.says) {
				t.Errorf("it ends with %v: %s", err, said)
			}
		})
	}
}
