package controllers_test

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

var _ = Describe("The first token", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	It("lies in a Secret of the operator's own type that goes with its object", func(ctx SpecContext) {
		object := w.declare(ctx)
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.Type).To(BeEquivalentTo(v1alpha1.SecretType))
		Expect(secret.Immutable).To(BeNil())
		Expect(secret.OwnerReferences).To(Equal([]metav1.OwnerReference{{
			APIVersion: v1alpha1.GroupVersion.String(), Kind: v1alpha1.Kind, Name: tommy, UID: object.UID,
			Controller: new(true), BlockOwnerDeletion: new(false),
		}}))
		Expect(secret.Annotations).To(Equal(map[string]string{v1alpha1.OwnerAnnotation: tommy}))
		Expect(secret.Labels).To(BeEmpty())
		Expect(secret.ManagedFields).To(HaveLen(1))
		Expect(secret.ManagedFields[0].Manager).To(Equal("capability-operator"))
	})

	It("stands beside its own expiry and nothing else", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		data := w.secret(ctx, tommy).Data
		Expect(data).To(HaveLen(2))
		expiry, err := time.Parse(time.RFC3339, string(data[v1alpha1.ExpiresAtKey]))
		Expect(err).NotTo(HaveOccurred())
		Expect(expiry).To(BeTemporally("==", w.token(ctx).ExpiresAt))
	})

	It("says what was declared and is in force", func(ctx SpecContext) {
		params := map[string]v1alpha1.ParamValue{"team": "support & sales", "tier": "1"}
		w.declare(ctx, ttl("10m"), func(c *v1alpha1.ClientCapability) {
			c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID, Params: params}
		})
		w.pass(ctx)
		Expect(w.token(ctx)).To(Equal(capability.Token{
			AccountSID: accountSID,
			Grant: capability.Grant{ClientName: "tommy.tester", Incoming: true, Outgoing: &capability.Outgoing{
				ApplicationSID: applicationSID, Params: map[string]string{"team": "support & sales", "tier": "1"},
			}},
			IssuedAt:  whole(startOfTime),
			ExpiresAt: whole(startOfTime).Add(10 * time.Minute),
		}))
	})

	It("permits a subscription to the account's events where that is declared", func(ctx SpecContext) {
		w.declare(ctx, func(c *v1alpha1.ClientCapability) {
			c.Spec.ClientName, c.Spec.Incoming = "", false
			c.Spec.EventStream = &v1alpha1.EventStream{Filters: map[string]v1alpha1.ParamValue{"EventType": "call ended"}}
		})
		w.pass(ctx)
		Expect(decode(strings.Split(w.raw(ctx), ".")[1])).To(HaveKeyWithValue("scope",
			"scope:stream:subscribe?params=EventType%3Dcall%2520ended&path=%2F2010-04-01%2FEvents"))
		Expect(w.token(ctx).Grant).To(Equal(capability.Grant{
			EventStream: &capability.EventStream{Filters: map[string]string{"EventType": "call ended"}},
		}))
		w.expectRest(ctx)
	})

	It("is kept also where it is the longest that can be declared", func(ctx SpecContext) {
		longest := map[string]v1alpha1.ParamValue{"é": v1alpha1.ParamValue(strings.Repeat("é", 399))}
		w.declare(ctx, func(c *v1alpha1.ClientCapability) {
			c.Spec.ClientName = strings.Repeat("📞", 256)
			c.Spec.Outgoing = &v1alpha1.Outgoing{ApplicationSID: applicationSID, Params: longest}
			c.Spec.EventStream = &v1alpha1.EventStream{Filters: longest}
		})
		w.pass(ctx)
		Expect(len(w.raw(ctx))).To(BeNumerically(">", 16<<10))
		w.expectRest(ctx)
		w.restart()
		w.expectRest(ctx)
	})

	It("has the header and the claims that Twilio documents", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		segments := strings.Split(w.raw(ctx), ".")
		Expect(segments).To(HaveLen(3))
		Expect(decode(segments[0])).To(Equal(map[string]any{"alg": "HS256", "typ": "JWT"}))
		Expect(decode(segments[1])).To(Equal(map[string]any{
			"iss":   accountSID,
			"scope": "scope:client:incoming?clientName=tommy.tester",
			"iat":   float64(startOfTime.Unix()),
			"exp":   float64(startOfTime.Unix() + 3600),
		}))
	})

	It("is described in status", func(ctx SpecContext) {
		w.declare(ctx)
		after := w.pass(ctx).RequeueAfter
		issued := whole(startOfTime)
		Expect(w.object(ctx).Status).To(gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{
			"ObservedGeneration": BeEquivalentTo(1),
			"SecretName":         Equal(tommy),
			"AccountSID":         Equal(accountSID),
			"LastRenewRequest":   BeNil(),
			"Token": gstruct.PointTo(gstruct.MatchAllFields(gstruct.Fields{
				"IssuedAt":  WithTransform(moment, BeTemporally("==", issued)),
				"ExpiresAt": WithTransform(moment, BeTemporally("==", issued.Add(time.Hour))),
				"RenewsAt":  gstruct.PointTo(WithTransform(moment, BeTemporally("==", whole(startOfTime.Add(after))))),
				"SignedBy":  Equal(accountSID),
			})),
		}))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("is planned to be renewed at least a third of its life ahead, and hardly earlier", func(ctx SpecContext) {
		w.declare(ctx)
		due := startOfTime.Add(w.pass(ctx).RequeueAfter)
		Expect(due).To(BeTemporally("<=", whole(startOfTime).Add(40*time.Minute)))
		Expect(due).To(BeTemporally(">=", whole(startOfTime).Add(36*time.Minute)))
	})

	It("is told of in one event", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.told()).To(ConsistOf(`Normal Issued Issued the first token into Secret "tommy"`))
	})

	It("leaves nothing for a second pass to write", func(ctx SpecContext) {
		w.declare(ctx, secretLabels(map[string]v1alpha1.LabelValue{"team": "support"}))
		first := w.pass(ctx).RequeueAfter
		w.expectRest(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(Equal(first))
		w.restart()
		w.expectRest(ctx)
	})

	It("turns a new object from in progress to current for GitOps tools", func(ctx SpecContext) {
		w.declare(ctx)
		Expect(w.health(ctx)).To(Equal(status.InProgressStatus))
		w.pass(ctx)
		Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
		w.change(ctx, ttl("2h"))
		Expect(w.health(ctx)).To(Equal(status.InProgressStatus))
		w.pass(ctx)
		Expect(w.health(ctx)).To(Equal(status.CurrentStatus))
	})

	It("goes under the name and the key that the declaration gives", func(ctx SpecContext) {
		w.declare(ctx, secretName("tommy-token"), secretKey("jwt"))
		w.pass(ctx)
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		data := w.secret(ctx, "tommy-token").Data
		Expect(data).To(HaveLen(2))
		Expect(w.verify(ctx, string(data["jwt"])).Grant.ClientName).To(Equal("tommy.tester"))
		Expect(w.object(ctx).Status.SecretName).To(Equal("tommy-token"))
	})

	It("brings the declared labels and annotations, and remembers their names", func(ctx SpecContext) {
		w.declare(ctx,
			secretLabels(map[string]v1alpha1.LabelValue{"team": "support", "app": "phone"}),
			secretAnnotations(map[string]v1alpha1.AnnotationValue{"reloader.stakater.com/match": "true"}))
		w.pass(ctx)
		secret := w.secret(ctx, tommy)
		Expect(secret.Labels).To(Equal(map[string]string{"team": "support", "app": "phone"}))
		Expect(secret.Annotations).To(Equal(map[string]string{
			"reloader.stakater.com/match":         "true",
			v1alpha1.OwnerAnnotation:              tommy,
			v1alpha1.ManagedLabelsAnnotation:      "app,team",
			v1alpha1.ManagedAnnotationsAnnotation: "reloader.stakater.com/match",
		}))
	})

	It("answers a renew request that was there before it", func(ctx SpecContext) {
		w.declare(ctx, renewRequested("2026-03-01T13:00:00+01:00"))
		w.pass(ctx)
		Expect(w.object(ctx).Status.LastRenewRequest.Time).To(BeTemporally("==", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))
		w.expectRest(ctx)
	})

	DescribeTable("lives for as long as was declared",
		func(ctx SpecContext, declared v1alpha1.Duration, lives time.Duration) {
			w.declare(ctx, ttl(declared))
			w.pass(ctx)
			token := w.token(ctx)
			Expect(token.ExpiresAt.Sub(token.IssuedAt)).To(Equal(lives))
		},
		Entry("for an hour where nothing was", v1alpha1.Duration(""), time.Hour),
		Entry("for five seconds", v1alpha1.Duration("5s"), 5*time.Second),
		Entry("for an hour and a half", v1alpha1.Duration("1h30m"), 90*time.Minute),
		Entry("for a second less than a day, which Twilio would refuse", v1alpha1.Duration("24h"), 24*time.Hour-time.Second),
	)

	It("is not issued into a Secret that is the account's own", func(ctx SpecContext) {
		// Admission refuses this where it can see it; here the account moves in afterwards.
		w.declare(ctx, secretName("second-account"))
		w.createAccount(ctx, "second-account", otherAccountSID, otherAuthToken)
		before := w.secret(ctx, "second-account")
		w.pass(ctx)
		Expect(w.secret(ctx, "second-account")).To(Equal(before))
		Expect(w.conditions(ctx)).To(Equal(stalled(v1alpha1.ReasonSecretNotOwned)))
	})

	It("is of no use to the API server as anything but an opaque text", func(ctx SpecContext) {
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.secret(ctx, tommy).Type).NotTo(BeElementOf(corev1.SecretTypeServiceAccountToken, corev1.SecretTypeBootstrapToken))
	})
})

func moment(t metav1.Time) time.Time { return t.Time }

func decode(segment string) map[string]any {
	GinkgoHelper()
	raw, err := base64.RawURLEncoding.DecodeString(segment)
	Expect(err).NotTo(HaveOccurred())
	var content map[string]any
	Expect(json.Unmarshal(raw, &content)).To(Succeed())
	return content
}
