package controllers_test

import (
	"net/http"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

var _ = Describe("Somebody who changes the Secret in a loop", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		w.declare(ctx)
		w.pass(ctx)
		w.told()
	})

	It("does not make the operator write in a loop", func(ctx SpecContext) {
		mended := 0
		for range 120 { // a minute of it
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["token"] = []byte("mine, mine, mine") })
			w.pass(ctx)
			if w.raw(ctx) != "mine, mine, mine" {
				mended++
			}
			w.step(500 * time.Millisecond)
		}
		Expect(mended).To(BeNumerically("<=", 25))
		Expect(mended).To(BeNumerically(">=", 15), "it does not give in either")
	})

	It("is told of, and of who to ask, until it ends", func(ctx SpecContext) {
		for range 12 {
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["token"] = []byte("mine, mine, mine") })
			w.pass(ctx)
		}
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonSecretContested)))
		Expect(w.health(ctx)).To(Equal(status.InProgressStatus))
		Expect(w.message(ctx, v1alpha1.ReadyCondition)).To(ContainSubstring("--show-managed-fields"))
		after := w.pass(ctx).RequeueAfter
		Expect(after).To(BeNumerically("<=", 10*time.Second))
		for w.raw(ctx) == "mine, mine, mine" {
			w.step(after)
			after = w.pass(ctx).RequeueAfter
		}
		w.token(ctx)
		Expect(w.clock.Now().Sub(startOfTime)).To(BeNumerically("<=", 10*time.Second))
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("is told of too where each repair is overtaken by the next change", func(ctx SpecContext) {
		changes := 0
		edit := func() {
			changes++
			w.edit(ctx, tommy, func(s *corev1.Secret) {
				s.Data["token"], s.Labels = []byte("mine, mine, mine"), map[string]string{"change": strconv.Itoa(changes)}
			})
		}
		edit()
		w.wire.faultOn([]string{"patch Secret"}, func(send func() error) error {
			edit() // faster than the operator
			return send()
		})
		for range 12 {
			w.pass(ctx)
		}
		Expect(w.raw(ctx)).To(Equal("mine, mine, mine"))
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonSecretContested)))
		w.wire.mend()
		w.step(10 * time.Second)
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("does not either by putting an older token back, which is still alive", func(ctx SpecContext) {
		due := w.pass(ctx).RequeueAfter
		older := w.secret(ctx, tommy).Data
		w.step(due)
		w.pass(ctx)
		renewals := 0
		for range 60 { // half a minute of it
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data = older })
			w.pass(ctx)
			if w.raw(ctx) != string(older["token"]) {
				renewals++
			}
			w.token(ctx)
			w.step(500 * time.Millisecond)
		}
		Expect(renewals).To(BeNumerically("<=", 17))
		Expect(w.conditions(ctx)).To(Or(Equal(ready), Equal(failing(v1alpha1.ReasonSecretContested))))
	})

	It("can't keep a token from being renewed in time", func(ctx SpecContext) {
		after := time.Duration(0)
		for range 12 {
			for range 12 {
				w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["extra"] = []byte("mine") })
				after = w.pass(ctx).RequeueAfter
			}
			w.token(ctx)
			Expect(after).To(BeNumerically("<=", 10*time.Second))
			w.step(10 * time.Minute)
		}
	})
})

// dated is a transport to an API server whose clock says so.
type dated time.Time

func (d dated) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{Header: http.Header{"Date": {time.Time(d).UTC().Format(http.TimeFormat)}}}, nil
}

var _ = Describe("The API server's clock", func() {
	var w *world
	var serverTime *controllers.ServerTime
	BeforeEach(func(ctx SpecContext) {
		w = newWorld(ctx)
		serverTime = &controllers.ServerTime{Clock: w.clock}
		w.reconciler.ServerTime = serverTime
	})
	answer := func(at time.Time) {
		GinkgoHelper()
		response, err := serverTime.Wrap(dated(at)).RoundTrip(&http.Request{})
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Header).To(HaveKey("Date"))
	}

	It("that is ahead by more than a token's life keeps a worthless token from being written", func(ctx SpecContext) {
		answer(startOfTime.Add(time.Hour))
		w.declare(ctx)
		Expect(w.pass(ctx).RequeueAfter).To(BeNumerically("<=", 10*time.Second))
		Expect(w.findSecret(ctx, tommy)).To(BeNil())
		Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonClockSkewed)))
		Expect(w.told()).To(ConsistOf(HavePrefix("Warning ClockSkewed ")))

		w.step(time.Hour) // somebody sets the clock
		answer(w.clock.Now())
		w.pass(ctx)
		w.token(ctx)
		Expect(w.conditions(ctx)).To(Equal(ready))
	})

	It("that goes on while nothing is heard of it is still known", func(ctx SpecContext) {
		answer(startOfTime)
		w.step(time.Hour)
		Expect(serverTime.Passed()).To(BeTemporally("~", w.clock.Now(), time.Second))
		w.declare(ctx)
		w.pass(ctx)
		w.token(ctx)
	})

	It("that is a little off does not matter", func(ctx SpecContext) {
		answer(startOfTime.Add(50 * time.Minute))
		w.declare(ctx)
		w.pass(ctx)
		w.token(ctx)
		answer(startOfTime.Add(-50 * time.Minute))
		w.expectRest(ctx)
	})
})
