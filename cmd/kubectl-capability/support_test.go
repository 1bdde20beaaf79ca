package main

import (
	"bytes"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// indexed answers as the operator's cache does, which knows who controls a Secret.
type indexed struct{ client.WithWatch }

func (i indexed) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	secrets, ok := list.(*corev1.SecretList)
	if !ok {
		return i.WithWatch.List(ctx, list, opts...)
	}
	var asked client.ListOptions
	asked.ApplyOptions(opts)
	if err := i.WithWatch.List(ctx, secrets, client.InNamespace(asked.Namespace)); err != nil {
		return err
	}
	secrets.Items = slices.DeleteFunc(secrets.Items, func(s corev1.Secret) bool {
		controller := metav1.GetControllerOf(&s)
		return controller == nil || asked.FieldSelector == nil || asked.FieldSelector.Requirements()[0].Value != string(controller.UID)
	})
	return nil
}

// recorder writes each event before the next pass, at the moment that the world has.
type recorder struct {
	api   client.Client
	clock clock.PassiveClock
	count int
}

func (r *recorder) Eventf(regarding, _ runtime.Object, kind, reason, action, note string, args ...any) {
	object, ok := regarding.(client.Object)
	if !ok {
		panic("an event about what is no object")
	}
	r.count++
	namespace, about := object.GetNamespace(), v1alpha1.Kind
	if namespace == "" {
		namespace, about = metav1.NamespaceDefault, v1alpha1.ClusterAccountKind
	}
	err := r.api.Create(context.Background(), &eventsv1.Event{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: fmt.Sprintf("%s.%d", object.GetName(), r.count)},
		EventTime:  metav1.NewMicroTime(r.clock.Now()), ReportingController: "capability-operator", ReportingInstance: "test",
		Action: action, Reason: reason, Type: kind, Note: fmt.Sprintf(note, args...),
		Regarding: corev1.ObjectReference{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: about, Namespace: object.GetNamespace(), Name: object.GetName(), UID: object.GetUID(),
		},
	})
	if err != nil {
		panic(err)
	}
}

// answer is what a call of the program came to.
type answer struct {
	text string // both streams, as on a terminal
	out  string
	code int
}

// call runs the program as the world's caller. A word in quotes is one argument.
func (w *world) call(arguments string) answer {
	w.t.Helper()
	return w.callWith(w.clock, arguments)
}

func (w *world) callWith(now clock.PassiveClock, arguments string) answer {
	w.t.Helper()
	args := append(strings.Fields(arguments), "--kubeconfig="+w.as)
	both, out := &bytes.Buffer{}, &bytes.Buffer{}
	code := run(w.t.Context(), newCommand(args, genericiooptions.IOStreams{Out: tee{both, out}, ErrOut: both}, func(string) string { return "" }, now))
	w.mustKeepSecrets(both.String())
	return answer{text: both.String(), out: out.String(), code: code}
}

type tee struct{ a, b *bytes.Buffer }

func (t tee) Write(p []byte) (int, error) {
	t.a.Write(p)
	return t.b.Write(p)
}

// noteSecrets has all that Secrets hold now be looked for in what is printed later.
func (w *world) noteSecrets() {
	w.t.Helper()
	for _, namespace := range []string{w.namespace, w.platform} {
		list := &corev1.SecretList{}
		if err := w.api.List(w.t.Context(), list, client.InNamespace(namespace)); err != nil {
			w.t.Fatal(err)
		}
		for i := range list.Items {
			for key, value := range list.Items[i].Data {
				if key != v1alpha1.ExpiresAtKey && !public.Match(value) {
					w.secrets = append(w.secrets, string(value))
				}
			}
		}
	}
}

// public are SIDs and regions.
var public = regexp.MustCompile(`^((AC|SK)[0-9a-f]{32}|[a-z]{2}1)$`)

// longestLeak is how many bytes of a secret in a row are too many.
const longestLeak = 12

func (w *world) mustKeepSecrets(text string) {
	w.t.Helper()
	for _, secret := range w.secrets {
		for i := 0; i+longestLeak <= len(secret); i++ {
			if strings.Contains(text, secret[i:i+longestLeak]) {
				w.t.Fatalf("a secret was printed: %s", text)
			}
		}
	}
}

// shown is what was printed with the names that every world has in place of its own.
// When a token is renewed is drawn by the object's UID: one moment stands for all.
func (w *world) shown(text string) string {
	text = strings.NewReplacer(w.namespace, "support", w.platform, "voice-platform", w.account, "production").Replace(text)
	list := &v1alpha1.ClientCapabilityList{}
	if err := w.api.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range list.Items {
		token := list.Items[i].Status.Token
		if token == nil || token.RenewsAt == nil {
			continue
		}
		drawn, latest := token.RenewsAt.Time, token.IssuedAt.Add(38*time.Minute)
		text = strings.ReplaceAll(text, drawn.UTC().Format(time.RFC3339), latest.UTC().Format(time.RFC3339))
		for _, form := range []string{"in %s, at", "%s ago, at", "   %s   "} {
			was := fmt.Sprintf(form, duration.HumanDuration(drawn.Sub(w.clock.Now()).Abs()))
			text = strings.ReplaceAll(text, was, fmt.Sprintf(form, duration.HumanDuration(latest.Sub(w.clock.Now()).Abs())))
		}
	}
	return text
}

// callExactly runs the program with these arguments and returns what goes to its output.
func (w *world) callExactly(args []string) string {
	w.t.Helper()
	out := &bytes.Buffer{}
	run(w.t.Context(), newCommand(args, genericiooptions.IOStreams{Out: out, ErrOut: &bytes.Buffer{}}, func(string) string { return "" }, w.clock))
	w.mustKeepSecrets(out.String())
	return out.String()
}
