package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/cli-runtime/pkg/genericiooptions"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/yaml"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

func TestAWrongCommandLineIsAnErrorOfItsOwn(t *testing.T) {
	w := newWorld(t)
	for command, says := range map[string]string{
		"lst":                            `there is no command "lst"`,
		"list tommy":                     "takes no arguments",
		"list -o table":                  "--output=table: kubectl capability list knows wide, json, yaml",
		"list -l a=b=c":                  "--selector",
		"list --nonsense":                "unknown flag: --nonsense",
		"explain":                        "takes the name of one ClientCapability",
		"explain tommy desk":             "takes the name of one ClientCapability",
		"explain tommy -o wide":          "knows json, yaml",
		"inspect tommy --raw -o json":    "--raw writes the token and nothing else",
		"renew":                          "say which: names, or --all, or a selector (-l)",
		"renew tommy --all":              "say which",
		"renew tommy -A":                 "an object is named in one namespace",
		"renew tommy --timeout 5s":       "--timeout is how long --wait waits",
		"renew --all --wait --timeout x": "invalid argument",
		"version now":                    "takes no arguments",
	} {
		if got := w.call(command); got.code != exitUsage || !strings.Contains(got.text, says) || !strings.HasPrefix(got.text, "error: ") || got.out != "" {
			t.Errorf("%s ends with %d:\n%s", command, got.code, got.text)
		}
	}
}

func TestWhatIsNotThereIsSaidPlainly(t *testing.T) {
	w := newWorld(t)
	in := " -n " + w.namespace
	for command, want := range map[string]struct {
		code int
		says string
	}{
		"explain nobody" + in:                               {exitFailed, `error: there is no ClientCapability "nobody" in the namespace ` + w.namespace},
		"accounts nobody" + in:                              {exitFailed, `error: no account "nobody" is there`},
		"list" + in:                                         {exitDone, "No ClientCapabilities found in the namespace " + w.namespace + ".\n"},
		"accounts" + in:                                     {exitDone, "No accounts found in the namespace"},
		"list --server=http://127.0.0.1:1" + in:             {exitFailed, "connection refused"},
		"list --context=nowhere" + in:                       {exitFailed, `context "nowhere" does not exist`},
		"list --request-timeout=1ns" + in:                   {exitFailed, "error: "},
		"list --as=somebody -A":                             {exitFailed, "you may not list clientcapabilities in all namespaces: name one namespace, with -n"},
		"list --as=somebody" + in:                           {exitFailed, `whoever has Kubernetes' role "view" there may`},
		"list --as=somebody --as-group=system:masters" + in: {exitDone, "No ClientCapabilities found"},
	} {
		if got := w.call(command); got.code != want.code || !strings.Contains(got.text, want.says) {
			t.Errorf("%s ends with %d:\n%s", command, got.code, got.text)
		}
	}
}

func TestNoAnswerToProgramsIsEmptyText(t *testing.T) {
	w := newWorld(t)
	for _, format := range []string{"json", "yaml"} {
		for _, command := range []string{"list", "accounts"} {
			var items struct{ Items []any }
			got := w.call(command + " -o " + format + " -n " + w.namespace)
			if err := yaml.Unmarshal([]byte(got.out), &items); err != nil || !strings.Contains(got.out, "items") || len(items.Items) != 0 {
				t.Errorf("%s -o %s gives %v:\n%s", command, format, err, got.text)
			}
		}
	}
}

func TestAnswersToPrograms(t *testing.T) {
	w := newWorld(t)
	w.lendWithKey(func(spec *v1alpha1.ClusterAccountSpec) { spec.Limits = &v1alpha1.Limits{MaxTTL: "30m"} })
	w.look()
	w.issued()
	w.create(w.declaration(w.lent, access, func(c *v1alpha1.ClientCapability) {
		c.Name, c.Labels = "desk", map[string]string{"team": w.namespace}
	}))
	w.pass("desk")
	w.transcribe("json", "list -o json", "explain desk -o json", "inspect tommy -o json", "accounts -o json")
	w.transcribe("yaml", "list -o yaml", "explain desk -o yaml", "inspect tommy -o yaml", "accounts -o yaml")
	w.transcribe("selectors", "list -l team=support", "list -A -l team=support", "list --no-headers")
	for _, command := range []string{"list", "explain desk", "inspect tommy", "accounts"} {
		in := " -n " + w.namespace
		if out := w.call(command + " -o json" + in).out; !json.Valid([]byte(out)) {
			t.Errorf("%s is no JSON:\n%s", command, out)
		}
	}
}

func TestTheRawTokenIsPrintedWhenAskedForAlone(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.secrets = nil // it is to be printed now
	got := w.call("inspect tommy --raw -n " + w.namespace)
	if _, err := capability.Verify(strings.TrimSuffix(got.text, "\n"), authToken, w.clock.Now()); err != nil || got.code != exitDone {
		t.Errorf("it ends with %d: %v", got.code, err)
	}
}

func TestAnotherTokenThanDeclaredIsNotGood(t *testing.T) {
	w := newWorld(t)
	w.issued()
	w.change(func(c *v1alpha1.ClientCapability) { c.Spec.Outgoing, c.Spec.ClientName = nil, "desk" })
	account := w.accountSecret(w.namespace)
	w.update(account, func() { account.Data[v1alpha1.DefaultAuthTokenKey] = []byte("f00dfeed5ca1ab1e0ddba11c0ffee123") })
	w.noteSecrets()
	w.transcribe("inspect-rotated", "inspect tommy", "explain tommy")
}

func TestWhatOthersWroteDoesNotMoveTheCursor(t *testing.T) {
	w := newWorld(t)
	w.create(w.accountSecret(w.namespace))
	w.create(w.declaration(func(c *v1alpha1.ClientCapability) {
		c.Spec.Outgoing.Params = map[string]v1alpha1.ParamValue{"team": "\x1b[2Jsupport\r\u202e"}
	}))
	w.pass()
	for _, command := range []string{"list", "explain tommy", "inspect tommy", "accounts twilio"} {
		if got := w.call(command + " -n " + w.namespace); strings.ContainsAny(got.text, "\x1b\r\u202e") {
			t.Errorf("%s obeys it:\n%q", command, got.text)
		}
	}
}

func TestTheAPIServersClockCounts(t *testing.T) {
	w := newWorld(t)
	w.clock.SetTime(time.Now().Add(-150 * time.Second)) // the token is as old as that
	w.issued()
	behind := clocktesting.NewFakePassiveClock(time.Now().Add(-time.Hour))
	both := &bytes.Buffer{}
	streams := genericiooptions.IOStreams{Out: both, ErrOut: both}
	p := newProgram(streams, func(string) string { return "" }, nil)
	p.own = behind
	root := p.root()
	root.SetArgs([]string{"list", "-n", w.namespace, "--kubeconfig=" + w.as})
	if err := root.ExecuteContext(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, says := range []string{`this machine's clock is (1h|59m59s) behind the API server's`, "   57m   "} {
		if !regexp.MustCompile(says).MatchString(both.String()) {
			t.Errorf("it does not say %q:\n%s", says, both)
		}
	}
}

func TestAnInterruptEndsTheWaiting(t *testing.T) {
	w := newWorld(t)
	w.issued()
	both := &bytes.Buffer{}
	root := newCommand([]string{"renew", tommy, "--wait", "-n", w.namespace, "--kubeconfig=" + w.as},
		genericiooptions.IOStreams{Out: both, ErrOut: both}, func(string) string { return "" }, w.clock)
	ctx, interrupt := context.WithCancel(t.Context())
	codes := make(chan int)
	go func() { codes <- run(ctx, root) }()
	w.eventually("the request", func() bool { return w.object().Annotations[v1alpha1.RenewRequestedAtAnnotation] != "" })
	interrupt()
	if code := <-codes; code != exitInterrupted {
		t.Errorf("it ends with %d:\n%s", code, both)
	}
}

func TestTheNamespaceOfTheKubeconfigIsTheUsualOne(t *testing.T) {
	w := newWorld(t)
	w.issued()
	config, err := os.ReadFile(w.as)
	if err != nil {
		t.Fatal(err)
	}
	var parsed map[string]any
	if err := yaml.Unmarshal(config, &parsed); err != nil {
		t.Fatal(err)
	}
	parsed["contexts"].([]any)[0].(map[string]any)["context"].(map[string]any)["namespace"] = w.namespace
	w.as = filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(w.as, must(yaml.Marshal(parsed)), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := w.call("list"); !strings.Contains(got.out, "tommy") {
		t.Errorf("it shows:\n%s", got.text)
	}
}
