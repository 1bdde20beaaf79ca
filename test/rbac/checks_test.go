package rbac_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// check is one thing that the operator does for its users.
type check struct {
	name string
	// account is what the declaration names; by default the Secret twilio beside it.
	account v1alpha1.AccountReference
	// before is what is there when the manager starts, besides a declaration and its account; act is done when it runs.
	before, act func(*installation)
	// missing is nil once it is done.
	missing func(context.Context, *installation) error
}

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "a1b2c3d4e5f60718293a4b5c6d7e8f90"
	rotated    = "fedcba9876543210fedcba9876543210"
)

// arrange comes to the point at which the check's end is to be waited for.
func (in *installation) arrange(c check) {
	in.t.Helper()
	create(in.t, twilio(in.namespace))
	if c.before != nil {
		c.before(in)
	}
	declared := tommy(in.namespace)
	if c.account.Name != "" {
		declared.Spec.AccountRef = c.account
	}
	lasting(in.t, declared) // an operator of the whole cluster would take it up
	in.run()
	if c.act != nil {
		c.act(in)
	}
}

var aNewDeclarationGetsItsFirstToken = check{
	name: "a new declaration gets its first token",
	missing: func(ctx context.Context, in *installation) error {
		return noToken(ctx, in.namespace, "tommy", authToken)
	},
}

var declarationsAreNotListedAgainAndAgain = check{
	name: "declarations are not listed again and again",
	act:  awaitFirstToken,
	missing: func(_ context.Context, in *installation) error {
		return in.listedOften("voice.capability-operator.io/clientcapabilities", 1)
	},
}

var secretsAreNotListedAgainAndAgain = check{
	name:    "Secrets are not listed again and again",
	act:     awaitFirstToken,
	missing: func(_ context.Context, in *installation) error { return in.listedOften("secrets", 2) }, // accounts and tokens
}

var aDeclarationIsSaidToBeReady = check{
	name: "a declaration is said to be ready",
	act:  awaitFirstToken,
	missing: func(ctx context.Context, in *installation) error {
		return otherReason(ctx, in.namespace, metav1.ConditionTrue, v1alpha1.ReasonTokenValid)
	},
}

var aTakenNameIsSaidToBeTaken = check{
	name: "a taken name is said to be taken",
	before: func(in *installation) {
		create(in.t, &corev1.Secret{ObjectMeta: in.meta("tommy"), StringData: map[string]string{"somebody": "else's"}})
	},
	missing: func(ctx context.Context, in *installation) error {
		return otherReason(ctx, in.namespace, metav1.ConditionFalse, v1alpha1.ReasonSecretNotOwned)
	},
}

var aRotatedAccountIsAnsweredWithANewToken = check{
	name: "a rotated account is answered with a new token",
	act: func(in *installation) {
		awaitFirstToken(in)
		patch(in.t, &corev1.Secret{ObjectMeta: in.meta("twilio")}, `{"stringData": {"`+v1alpha1.DefaultAuthTokenKey+`": "`+rotated+`"}}`)
	},
	missing: func(ctx context.Context, in *installation) error { return noToken(ctx, in.namespace, "tommy", rotated) },
}

var theSecretOfAFormerNameIsRemoved = check{
	name: "the Secret of a former name is removed",
	act: func(in *installation) {
		awaitFirstToken(in)
		patch(in.t, tommy(in.namespace), `{"spec": {"secret": {"name": "another"}}}`)
		in.await(func(ctx context.Context) error { return noToken(ctx, in.namespace, "another", authToken) })
	},
	missing: func(ctx context.Context, in *installation) error {
		err := objects.Get(ctx, client.ObjectKey{Namespace: in.namespace, Name: "tommy"}, &corev1.Secret{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is there: %w", err)
	},
}

var theFirstIssueIsToldInAnEvent = check{
	name: "the first issue is told in an event",
	act:  awaitFirstToken,
	missing: func(ctx context.Context, in *installation) error {
		_, err := in.event(ctx, "Issued")
		return err
	},
}

// An event is counted up where the object has not changed since the first of its kind: here, where one token after the
// other is issued within a second and so the status stays the same.
var whatHappensAgainIsCountedInItsEvent = check{
	name: "what happens again is counted in its event",
	act: func(in *installation) {
		awaitFirstToken(in)
		for range 8 { // fewer than the operator mends at once
			if err := objects.Delete(in.t.Context(), &corev1.Secret{ObjectMeta: in.meta("tommy")}); err != nil {
				in.t.Fatal(err)
			}
			awaitFirstToken(in)
		}
	},
	missing: func(ctx context.Context, in *installation) error {
		list := &eventsv1.EventList{}
		if err := objects.List(ctx, list, client.InNamespace(in.namespace)); err != nil {
			return err
		}
		for _, event := range list.Items {
			if event.Reason == "Reissued" && event.Series != nil && event.Series.Count > 1 {
				return nil
			}
		}
		return fmt.Errorf("none of %d events tells of more than one time", len(list.Items))
	},
}

var aLeaseThatWasGivenBackIsTakenUp = check{
	name: "a lease that was given back is taken up",
	before: func(in *installation) {
		create(in.t, &coordinationv1.Lease{ObjectMeta: in.meta("capability-operator")})
	},
	missing: func(ctx context.Context, in *installation) error {
		return noToken(ctx, in.namespace, "tommy", authToken)
	},
}

var aNewLeaderIsToldInAnEvent = check{
	name: "a new leader is told in an event",
	act:  awaitFirstToken,
	missing: func(ctx context.Context, in *installation) error {
		event, err := in.event(ctx, "LeaderElection")
		if err == nil && !strings.Contains(event.Note, "became leader") {
			err = fmt.Errorf("the event says %q", event.Note)
		}
		return err
	},
}

func awaitFirstToken(in *installation) {
	in.t.Helper()
	in.await(func(ctx context.Context) error { return noToken(ctx, in.namespace, "tommy", authToken) })
}

// noToken is nil where the Secret holds a token that the AuthToken signed.
func noToken(ctx context.Context, namespace, name, authToken string) error {
	secret := &corev1.Secret{}
	if err := objects.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret); err != nil {
		return err
	}
	_, err := capability.Verify(string(secret.Data[v1alpha1.DefaultTokenKey]), authToken, time.Now())
	return err
}

func otherReason(ctx context.Context, namespace string, status metav1.ConditionStatus, reason string) error {
	declared := tommy(namespace)
	if err := objects.Get(ctx, client.ObjectKeyFromObject(declared), declared); err != nil {
		return err
	}
	ready := meta.FindStatusCondition(declared.Status.Conditions, v1alpha1.ReadyCondition)
	if ready == nil || ready.Status != status || ready.Reason != reason {
		return fmt.Errorf("Ready is %+v", ready)
	}
	return nil
}

// listedOften is nil while the manager has listed the resource no more often than its caches do at their start.
func (in *installation) listedOften(resource string, caches int) error {
	made, err := requests(in.user(), in.since)
	lists := 0
	for _, request := range made {
		if (right{"list", resource, ""}).covers(request.right) {
			lists++
		}
	}
	if err == nil && lists > 3*caches { // at the start it is tried, and once more each where a first list was too early
		err = fmt.Errorf("it was listed %d times", lists)
	}
	return err
}

func (in *installation) event(ctx context.Context, reason string) (*eventsv1.Event, error) {
	list := &eventsv1.EventList{}
	if err := objects.List(ctx, list, client.InNamespace(in.namespace)); err != nil {
		return nil, err
	}
	for i := range list.Items {
		if list.Items[i].Reason == reason {
			return &list.Items[i], nil
		}
	}
	return nil, fmt.Errorf("none of %d events says %s", len(list.Items), reason)
}
