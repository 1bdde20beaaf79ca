package startup

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/metadata/fake"
	clienttesting "k8s.io/client-go/testing"
)

// apiServer refuses some readings: by resource and namespace, for a reason.
type apiServer struct {
	*fake.FakeMetadataClient
	refused map[string]error
	granted map[string]time.Time // from when on it is refused no longer
	from    map[string]time.Time // from when on it is refused; from the first on where it is not here
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	a := &apiServer{fake.NewSimpleMetadataClient(scheme), map[string]error{}, map[string]time.Time{}, map[string]time.Time{}}
	a.PrependReactor("list", "*", func(action clienttesting.Action) (bool, runtime.Object, error) {
		what := action.GetResource().Resource + " " + action.GetNamespace()
		granted, ever := a.granted[what]
		if err := a.refused[what]; err != nil && !time.Now().Before(a.from[what]) && (!ever || time.Now().Before(granted)) {
			return true, nil, err
		}
		return true, &metav1.List{}, nil
	})
	return a
}

var (
	forbidden = apierrors.NewForbidden(secrets.GroupResource(), "", errors.New("no Role says so"))
	away      = apierrors.NewServiceUnavailable("away")
)

var shared = Scope{Namespaces: []string{"support", "sales", "billing"}, ClusterAccounts: true, LeaveOut: true}

func TestANamespaceThatMayNotBeReadIsLeftOutAfterAMoment(t *testing.T) {
	for name, test := range map[string]struct {
		scope   Scope
		refused map[string]error
		leftOut []string // nil where it waits on
		after   time.Duration
	}{
		"nothing is refused":                    {shared, nil, []string{}, 0},
		"one":                                   {shared, map[string]error{"secrets sales": forbidden}, []string{"sales"}, patience},
		"one, of which half can be read":        {shared, map[string]error{"clientcapabilities sales": forbidden}, []string{"sales"}, patience},
		"two":                                   {shared, map[string]error{"secrets billing": forbidden, "secrets support": forbidden}, []string{"support", "billing"}, patience},
		"all of them":                           {shared, map[string]error{"secrets support": forbidden, "secrets sales": forbidden, "secrets billing": forbidden}, nil, 0},
		"one whose answer is another":           {shared, map[string]error{"secrets sales": away}, nil, 0},
		"one, and the accounts of the cluster":  {shared, map[string]error{"secrets sales": forbidden, "clusteraccounts ": forbidden}, nil, 0},
		"all Secrets, which accounts may be in": {shared, map[string]error{"secrets ": forbidden}, nil, 0},
		"all Secrets, where all are worked in":  {Scope{LeaveOut: true}, map[string]error{"secrets ": forbidden}, nil, 0},
		"one that can't be done without":        {Scope{Namespaces: shared.Namespaces}, map[string]error{"secrets sales": forbidden}, nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				api := newAPIServer(t)
				api.refused = test.refused
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				began := time.Now()
				rights, err := awaitRights(ctx, api, "0", test.scope)
				if err != nil || (rights == nil) != (test.leftOut == nil) {
					t.Fatalf("%+v, %v", rights, err)
				}
				if rights == nil {
					return
				}
				if !slices.Equal(rights.LeftOut, test.leftOut) || len(rights.Namespaces)+len(test.leftOut) != len(test.scope.Namespaces) {
					t.Errorf("left out are %q, and it works in %q", rights.LeftOut, rights.Namespaces)
				}
				if took := time.Since(began); took < test.after || took > test.after+2*askEvery {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

func TestARightThatComesAtOnceIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPIServer(t)
		api.refused["secrets sales"] = forbidden
		api.granted["secrets sales"] = time.Now().Add(patience / 2)
		rights, err := awaitRights(t.Context(), api, "0", shared)
		if err != nil || len(rights.LeftOut) > 0 {
			t.Errorf("left out are %q (%v)", rights.LeftOut, err)
		}
	})
}

func TestWhatWasLeftOutIsTakenUpOnceItCanBeReadWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newAPIServer(t)
		for _, what := range []string{"clientcapabilities sales", "secrets sales", "secrets billing"} {
			api.refused[what] = forbidden
		}
		began := time.Now()
		api.granted["secrets sales"], api.granted["clientcapabilities sales"] = began.Add(time.Hour), began.Add(2*time.Hour)
		rights, err := awaitRights(t.Context(), api, "0", shared)
		if err != nil || !slices.Equal(rights.Namespaces, []string{"support"}) {
			t.Fatalf("%+v, %v", rights, err)
		}
		more := rights.AwaitMore(t.Context())
		if took := time.Since(began); took < 2*time.Hour || took > 2*time.Hour+2*askAgainEvery {
			t.Errorf("it took %s", took)
		}
		if !slices.Equal(more.Namespaces, []string{"support", "sales"}) || !slices.Equal(more.LeftOut, []string{"billing"}) {
			t.Errorf("it works in %q, without %q", more.Namespaces, more.LeftOut)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if last := more.AwaitMore(ctx); last != nil {
			t.Errorf("it works in %q", last.Namespaces)
		}
	})
}

func TestWhatIsWithdrawnWhileAnotherIsGrantedIsLeftOutInItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, began := newAPIServer(t), time.Now()
		for _, what := range []string{"secrets support", "secrets sales"} {
			api.refused[what] = forbidden
		}
		api.from["secrets support"], api.granted["secrets sales"] = began.Add(time.Hour), began.Add(2*time.Hour)
		rights, err := awaitRights(t.Context(), api, "0", shared)
		if err != nil || !slices.Equal(rights.LeftOut, []string{"sales"}) || rights.Withdrawn(t.Context()) != nil {
			t.Fatalf("%+v, %v", rights, err)
		}
		more := rights.AwaitMore(t.Context())
		if !slices.Equal(more.Namespaces, []string{"sales", "billing"}) || !slices.Equal(more.LeftOut, []string{"support"}) {
			t.Errorf("it works in %q, without %q", more.Namespaces, more.LeftOut)
		}
		if err := rights.Withdrawn(t.Context()); !errors.Is(err, errForbidden) {
			t.Errorf("nothing is said to be withdrawn: %v", err)
		}
	})
}

func TestAnOutageTakesUpNothingAndIsNoRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api, began := newAPIServer(t), time.Now()
		api.refused["secrets sales"] = forbidden
		rights, err := awaitRights(t.Context(), api, "0", shared)
		if err != nil {
			t.Fatal(err)
		}
		// What can be read again is not all, until this has passed.
		api.granted["secrets sales"] = began.Add(time.Hour)
		api.refused["secrets support"], api.granted["secrets support"] = away, began.Add(2*time.Hour)
		if err := rights.Withdrawn(t.Context()); err != nil {
			t.Errorf("it says that a right is withdrawn: %v", err)
		}
		more := rights.AwaitMore(t.Context())
		if took := time.Since(began); took < 2*time.Hour || len(more.LeftOut) > 0 {
			t.Errorf("after %s it works without %q", took, more.LeftOut)
		}
	})
}
