package controllers_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

var _ = Describe("A secret", func() {
	var w *world
	BeforeEach(func(ctx SpecContext) { w = newWorld(ctx) })

	// life is all that can happen to an object, one after the other.
	life := []struct {
		name    string
		happens func(context.Context)
	}{
		{"it is issued", func(context.Context) {}},
		{"it is renewed", func(context.Context) { w.step(50 * time.Minute) }},
		{"the AuthToken is rotated", func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) { s.Data[v1alpha1.DefaultAuthTokenKey] = []byte(otherAuthToken) })
		}},
		{"the token is overwritten by a password", func(ctx context.Context) {
			w.edit(ctx, tommy, func(s *corev1.Secret) { s.Data["token"] = []byte("a password that was pasted here") })
		}},
		{"the declaration changes", func(ctx context.Context) { w.change(ctx, ttl("2h"), renewRequested("never, please")) }},
		{"the AuthToken is mistaken", func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) {
				s.Data[v1alpha1.DefaultAuthTokenKey] = []byte("d41d8cd98f00b204 e9800998ecf8427e")
			})
		}},
		{"the account SID is mistaken for the AuthToken", func(ctx context.Context) {
			w.edit(ctx, twilio, func(s *corev1.Secret) {
				s.Data = map[string][]byte{v1alpha1.DefaultAccountSIDKey: []byte(authToken), v1alpha1.DefaultAuthTokenKey: []byte(otherAuthToken)}
			})
		}},
		{"the account is put right", func(ctx context.Context) {
			w.deleteSecret(ctx, twilio)
			w.createAccount(ctx, twilio, accountSID, authToken)
		}},
		{"the Secret is deleted", func(ctx context.Context) { w.deleteSecret(ctx, tommy) }},
		{"the name is taken", func(ctx context.Context) {
			Expect(w.api.Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "taken"},
				StringData: map[string]string{"token": "the most private text of all"},
			})).To(Succeed())
			w.change(ctx, secretName("taken"))
		}},
		{"the name is free again", func(ctx context.Context) { w.change(ctx, secretName("free")) }},
		{"it expires", func(context.Context) { w.step(24 * time.Hour) }},
	}

	It("is in no log, event, condition or metric, whatever happens to an object", func(ctx SpecContext) {
		w.declare(ctx)
		for _, event := range life {
			By("when " + event.name)
			event.happens(ctx)
			w.pass(ctx)
			w.step(time.Minute)
			w.pass(ctx)
		}
		Expect(w.conditions(ctx)).To(Equal(ready))
		Expect(len(w.secrets)).To(BeNumerically(">", 10))
		w.told()
		w.secrets.expectUnsaid(w.heard.String(), "a log, event or condition")
		w.secrets.expectUnsaid(metricsPage(ctx), "the metrics page")
		w.secrets.expectUnsaid(libraries.String(), "a library's log")
	})

	DescribeTable("is in no log, event or condition when the error of a failed call quotes",
		func(ctx SpecContext, quote func(raw string) string) {
			w.declare(ctx)
			due := w.pass(ctx).RequeueAfter
			w.step(due)
			unwritten := sign(w.clock.Now())
			w.secrets.add(unwritten)
			w.wire.lose(fmt.Errorf("proxy: bad gateway: %s: try again", quote(unwritten)), "patch Secret")
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(failing(v1alpha1.ReasonWriteFailed)))
			Expect(w.heard.String()).To(ContainSubstring("bad gateway"), "the log tells what else there is to tell")
		},
		Entry("a token", func(raw string) string { return raw }),
		Entry("a token in base64", func(raw string) string { return base64.StdEncoding.EncodeToString([]byte(raw)) }),
		Entry("a patch", func(raw string) string { return fmt.Sprintf(`{"data":{"token":%q}}`, raw) }),
		Entry("half a token", func(raw string) string { return raw[len(raw)/2:] }),
		Entry("a token's parts", func(raw string) string { return strings.ReplaceAll(raw, ".", " ") }),
		Entry("a token many times", func(raw string) string { return strings.Repeat(raw+"\n", 100) }),
		Entry("an AuthToken", func(string) string { return "signed with " + authToken }),
	)

	Context("in a Secret that nobody labelled", func() {
		BeforeEach(func(ctx SpecContext) {
			Expect(w.api.Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "private"},
				StringData: map[string]string{
					"account": otherAccountSID, "password": otherAuthToken, "note": "for the eyes of its owner only",
				},
			})).To(Succeed())
			w.secrets.add(otherAccountSID)
		})

		It("goes into no token, event, condition or log of whoever points at it", func(ctx SpecContext) {
			w.declare(ctx, func(c *v1alpha1.ClientCapability) {
				c.Spec.AccountRef = v1alpha1.AccountReference{Name: "private", Keys: &v1alpha1.AccountKeys{AccountSID: "account", AuthToken: "password"}}
			})
			w.pass(ctx)
			Expect(w.conditions(ctx)).To(Equal(waiting(v1alpha1.ReasonAccountNotFound)))
			Expect(w.findSecret(ctx, tommy)).To(BeNil())
		})

		It("can't be told from one that is not there", func(ctx SpecContext) {
			pointAt := func(name string) v1alpha1.ClientCapabilityStatus {
				w.declare(ctx, func(c *v1alpha1.ClientCapability) {
					c.Spec.AccountRef = v1alpha1.AccountReference{Name: name, Keys: &v1alpha1.AccountKeys{AccountSID: "account", AuthToken: "password"}}
				})
				after := w.pass(ctx).RequeueAfter
				told := w.object(ctx).Status
				for i := range told.Conditions {
					told.Conditions[i].Message = strings.ReplaceAll(told.Conditions[i].Message, name, "it")
				}
				Expect(after).To(Equal(time.Second), "nor by the wait")
				Expect(w.api.Delete(ctx, w.object(ctx))).To(Succeed())
				w.pass(ctx)
				return told
			}
			Expect(pointAt("private")).To(Equal(pointAt("missing")))
		})
	})

	It("that is in an error of a failed status write is not logged either", func(ctx SpecContext) {
		w.wire.lose(errors.New("bad gateway: "+sign(startOfTime)), "patch status of ClientCapability")
		w.declare(ctx)
		w.pass(ctx)
		Expect(w.heard.String()).To(ContainSubstring("bad gateway"))
	})
})

// metricsPage is what the operator serves to whoever scrapes it.
func metricsPage(ctx context.Context) string {
	GinkgoHelper()
	page := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(ctx, http.MethodGet, "/metrics", http.NoBody)
	promhttp.HandlerFor(metrics.Registry, promhttp.HandlerOpts{}).ServeHTTP(page, request)
	Expect(page.Code).To(Equal(http.StatusOK))
	Expect(page.Body.String()).To(ContainSubstring("capability_operator_tokens_minted_total"))
	return page.Body.String()
}
