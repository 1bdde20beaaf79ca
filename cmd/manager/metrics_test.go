package main

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/test/controlplane"
	"github.com/capability-operator/capability-operator/test/series"
	"github.com/capability-operator/capability-operator/twilio/twiliotest"
)

// TestMetrics follows a leader, and then its standby, which serves no metrics of single objects.
func TestMetrics(t *testing.T) {
	cluster := controlplane.StartFor(t, controlplane.Options{CRDPaths: []string{"../../config/crd/bases"}})
	api := clientOf(t, cluster)
	stub := twiliotest.NewServer(twiliotest.Account{SID: "AC0123456789abcdef0123456789abcdef", AuthToken: authToken})
	t.Cleanup(stub.Close)
	declareStates(t, api)

	folder := t.TempDir()
	who := reader{token: account(t, api, "prometheus", true), authority: certify(t, folder)}
	leader := start(t, cluster.Kubeconfig(), "--twilio-api-url="+stub.URL(), "--metrics-cert-path="+folder)
	who.await(t, leader, "it leads", says("capability_operator_leader 1"))
	unverified := reader{token: who.token}
	standby := start(t, cluster.Kubeconfig(), "--twilio-api-url="+stub.URL(), "--per-object-metrics=false")
	unverified.await(t, standby, "it stands by", says("capability_operator_leader 0"))

	var page string
	t.Run("count ClientCapabilities by whether they are ready and why", func(t *testing.T) { page = countsStates(t, api, who, leader) })
	t.Run("are those that are documented, by names that follow the conventions", func(t *testing.T) {
		series.Documented(t, "../..", "Series of the manager", page)
	})
	t.Run("tell of an object when its token expires and is renewed", func(t *testing.T) { tellsTimes(t, api, page) })
	t.Run("hold no client name, no token and no credential", func(t *testing.T) { isDiscreet(t, api, page) })
	t.Run("are served to whoever may read them, and to nobody else", func(t *testing.T) { isGuarded(t, api, who, leader) })
	t.Run("are served with the certificate that is there at present", func(t *testing.T) {
		first := who.mustAsk(t, leader.metrics).certificate
		who.authority = certify(t, folder)
		who.await(t, leader, "the new certificate is served", func(string) bool { return true })
		if second := who.mustAsk(t, leader.metrics).certificate; second.Equal(first) {
			t.Error("it is the former one")
		}
	})
	t.Run("of a standby count no object a second time", func(t *testing.T) {
		for _, line := range ownSeries(unverified.mustAsk(t, standby.metrics).body) {
			if regexp.MustCompile(`_(clientcapabilities|token_\w+_timestamp_seconds|clusteraccount\w*)\b`).MatchString(line) {
				t.Errorf("a standby serves %s", line)
			}
		}
	})
	t.Run("outlive no object", func(t *testing.T) { leavesNothing(t, api, who, leader) })
	t.Run("of single objects can be left out, by who leads next", func(t *testing.T) {
		leader.end()
		page := unverified.await(t, standby, "it leads", says("capability_operator_leader 1", `capability_operator_clusteraccount_ready{clusteraccount="production",reason="CredentialsValid"} 1`))
		if !says(`capability_operator_clientcapabilities{ready="True",reason="Suspended"} 1`)(page) {
			t.Errorf("it does not count objects:\n%s", strings.Join(ownSeries(page), "\n"))
		}
		for _, no := range []string{"capability_operator_token_expiry", "capability_operator_token_renewal", `name="tommy"`} {
			if strings.Contains(page, no) {
				t.Errorf("it serves %s", no)
			}
		}
	})
}

// declareStates has one object for each of several states.
func declareStates(t *testing.T, api client.Client) {
	t.Helper()
	declareIn(t, api, "support") // tommy, by the account twilio
	create(t, api, &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "production"},
		Spec: v1alpha1.ClusterAccountSpec{
			SecretRef: v1alpha1.ClusterSecretReference{Namespace: "support", Name: "twilio"}, AllowedNamespaces: &v1alpha1.AllowedNamespaces{All: new(true)},
			Verify: &v1alpha1.Verify{Interval: "1h"},
		},
	}, &v1alpha1.ClusterAccount{
		ObjectMeta: metav1.ObjectMeta{Name: "absent"},
		Spec:       v1alpha1.ClusterAccountSpec{SecretRef: v1alpha1.ClusterSecretReference{Namespace: "support", Name: "absent"}},
	}, accountSecret("withdrawn"))
	for name, change := range map[string]func(*v1alpha1.ClientCapabilitySpec){
		"suspended": func(*v1alpha1.ClientCapabilitySpec) {}, // later
		"failing":   func(s *v1alpha1.ClientCapabilitySpec) { s.AccountRef.Name = "withdrawn" },
		"missing":   func(s *v1alpha1.ClientCapabilitySpec) { s.AccountRef.Name = "nowhere" },
		"lent": func(s *v1alpha1.ClientCapabilitySpec) {
			s.AccountRef = v1alpha1.AccountReference{Kind: "ClusterAccount", Name: "production"}
		},
		"on-demand": func(s *v1alpha1.ClientCapabilitySpec) { s.Delivery = v1alpha1.DeliveryOnDemand },
	} {
		create(t, api, declared(name, change))
	}
}

func accountSecret(name string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: name, Labels: map[string]string{v1alpha1.AccountLabel: v1alpha1.AccountLabelValue}},
		StringData: map[string]string{v1alpha1.DefaultAccountSIDKey: "AC0123456789abcdef0123456789abcdef", v1alpha1.DefaultAuthTokenKey: authToken},
	}
}

func declared(name string, change func(*v1alpha1.ClientCapabilitySpec)) *v1alpha1.ClientCapability {
	c := &v1alpha1.ClientCapability{
		ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: name},
		Spec:       v1alpha1.ClientCapabilitySpec{AccountRef: v1alpha1.AccountReference{Name: "twilio"}, ClientName: "tommy.tester", Incoming: true},
	}
	change(&c.Spec)
	return c
}

// countsStates returns the page once it counts everything as it is.
func countsStates(t *testing.T, api client.Client, who reader, leader *process) string {
	t.Helper()
	who.await(t, leader, "the first tokens are there", says(`capability_operator_clientcapabilities{ready="True",reason="TokenValid"} 4`))
	suspended := &v1alpha1.ClientCapability{ObjectMeta: metav1.ObjectMeta{Namespace: "support", Name: "suspended"}}
	if err := api.Patch(t.Context(), suspended, client.RawPatch("application/merge-patch+json", []byte(`{"spec": {"suspend": true}}`))); err != nil {
		t.Fatal(err)
	}
	if err := api.Delete(t.Context(), accountSecret("withdrawn")); err != nil {
		t.Fatal(err)
	}
	return who.await(t, leader, "all states are counted", says(
		`capability_operator_clientcapabilities{ready="True",reason="TokenValid"} 3`, // tommy, failing, lent
		`capability_operator_clientcapabilities{ready="True",reason="Suspended"} 1`,
		`capability_operator_clientcapabilities{ready="True",reason="OnDemand"} 1`,
		`capability_operator_clientcapabilities{ready="False",reason="AccountNotFound"} 1`,
		`capability_operator_clientcapabilities_renewal_failing{reason="AccountNotFound"} 1`,
		`capability_operator_clusteraccount_users{clusteraccount="production"} 1`,
		`capability_operator_clusteraccount_users{clusteraccount="absent"} 0`,
		`capability_operator_clusteraccount_ready{clusteraccount="production",reason="CredentialsValid"} 1`,
		`capability_operator_clusteraccount_ready{clusteraccount="absent",reason="AccountNotFound"} 0`,
		`capability_operator_clusteraccount_credentials_accepted{clusteraccount="production",reason="Accepted"} 1`,
	))
}

func tellsTimes(t *testing.T, api client.Client, page string) {
	t.Helper()
	list := &v1alpha1.ClientCapabilityList{}
	if err := api.List(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, c := range list.Items {
		told := func(what string, at *metav1.Time) {
			want = append(want, fmt.Sprintf("capability_operator_token_%s_timestamp_seconds{name=%q,namespace=%q}", what, c.Name, c.Namespace))
			if pattern := regexp.MustCompile(regexp.QuoteMeta(want[len(want)-1]) + ` (\S+)\n`); at == nil {
				t.Errorf("%s has no time", c.Name)
			} else if found := pattern.FindStringSubmatch(page); len(found) != 2 || found[1] != fmt.Sprint(float64(at.Unix())) {
				t.Errorf("%s: %v is served, and status says %v", want[len(want)-1], found, at.Unix())
			}
		}
		switch c.Name {
		case "suspended":
			told("expiry", &c.Status.Token.ExpiresAt)
		case "tommy", "failing", "lent":
			told("expiry", &c.Status.Token.ExpiresAt)
			told("renewal", c.Status.Token.RenewsAt)
		}
	}
	if served := strings.Count(page, "\ncapability_operator_token_"); len(want) != 7 || served != len(want) {
		t.Errorf("%d series are served, and %d wanted", served, len(want))
	}
}

func isDiscreet(t *testing.T, api client.Client, page string) {
	t.Helper()
	secret := &corev1.Secret{}
	if err := api.Get(t.Context(), client.ObjectKey{Namespace: "support", Name: "tommy"}, secret); err != nil {
		t.Fatal(err)
	}
	token := string(secret.Data[v1alpha1.DefaultTokenKey])
	for _, no := range append(strings.Split(token, "."), "tommy.tester", authToken, "AC0123456789abcdef0123456789abcdef") {
		if strings.Contains(page, no) {
			t.Errorf("the page holds something private of %d characters", len(no))
		}
	}
}

func isGuarded(t *testing.T, api client.Client, who reader, leader *process) {
	t.Helper()
	for name, test := range map[string]struct {
		token string
		code  int
		says  string
	}{
		"nobody":                                {"", http.StatusUnauthorized, "send a bearer token"},
		"an invented token":                     {"invented", http.StatusUnauthorized, "does not know this token"},
		"a token for another server alone":      {account(t, api, "other", true, "another"), http.StatusUnauthorized, "does not know this token"},
		"a ServiceAccount without the right to": {account(t, api, "tommy", false), http.StatusForbidden, "system:serviceaccount:default:tommy may not get /metrics: bind the ClusterRole"},
	} {
		t.Run(name, func(t *testing.T) {
			got := reader{token: test.token, authority: who.authority}.mustAsk(t, leader.metrics)
			if got.code != test.code || !strings.Contains(got.body, test.says) {
				t.Errorf("the answer is %d: %s", got.code, got.body)
			}
			if strings.Contains(got.body, "capability_operator_") {
				t.Error("metrics are in it")
			}
		})
	}
	if got, err := (reader{token: who.token, plain: true}).ask(t.Context(), leader.metrics); err == nil && got.code == http.StatusOK {
		t.Error("plain HTTP is answered")
	}
	if got := (reader{token: who.token, authority: who.authority, http2: true}).mustAsk(t, leader.metrics); got.protocol != "HTTP/1.1" || got.code != http.StatusOK {
		t.Errorf("who wants HTTP/2 gets %d by %s", got.code, got.protocol)
	}
	for _, no := range []string{who.token, "handshake"} { // who can't speak to it must not fill its log
		if strings.Contains(leader.said.String(), no) {
			t.Errorf("the log holds something of %d characters", len(no))
		}
	}
}

// leavesNothing creates and deletes a thousand objects.
func leavesNothing(t *testing.T, api client.Client, who reader, leader *process) {
	t.Helper()
	const many = 1000
	names := func(page string) string {
		var names []string
		for _, line := range ownSeries(page) {
			if name := line[:strings.LastIndex(line, " ")]; !strings.Contains(name, "_total") { // what was done stays done
				names = append(names, name)
			}
		}
		return strings.Join(names, "\n")
	}
	before := names(who.mustAsk(t, leader.metrics).body)
	each := func(do func(*v1alpha1.ClientCapability) error) {
		for i := range many {
			if err := do(declared(fmt.Sprintf("client-%04d", i), func(*v1alpha1.ClientCapabilitySpec) {})); err != nil {
				t.Fatal(err)
			}
		}
	}
	counted := func(page string) bool { return strings.Count(page, `_timestamp_seconds{name="client-`) == 2*many }
	each(func(c *v1alpha1.ClientCapability) error { return api.Create(t.Context(), c) })
	who.await(t, leader, "each has its two series", counted)
	each(func(c *v1alpha1.ClientCapability) error { return api.Delete(t.Context(), c) })
	var after string
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		got, err := who.ask(ctx, leader.metrics)
		after = names(got.body)
		return after == before, err
	})
	if err != nil {
		t.Errorf("%v: %d lines are served, and were %d before", err, strings.Count(after, "\n"), strings.Count(before, "\n"))
	}
}
