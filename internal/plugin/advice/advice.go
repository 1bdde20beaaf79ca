package advice

import (
	"fmt"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// Reasons that no condition gives, because the operator, which writes conditions, is
// what they are about.
const (
	// Pending: the operator has not seen the declaration as it is now.
	Pending = "Pending"

	// Overdue: the time of the renewal is past, and the operator says nothing of
	// why it did not come.
	Overdue = "Overdue"

	// Deleting: the object is being deleted, and something holds it back. The
	// operator does nothing about it any more.
	Deleting = "Deleting"
)

// Subject is the ClientCapability that advice is about.
type Subject struct {
	Namespace, Name string
	// Account is the one that it refers to.
	Account v1alpha1.AccountReference
	// Secret is the name of the Secret that its token goes into.
	Secret string
	// Holder is who has that Secret, such as ClientCapability/desk; empty where it is
	// the ClientCapability itself, and where nobody can tell.
	Holder string
	// TokenType is the declared one.
	TokenType v1alpha1.TokenType
}

// About is the subject that a ClientCapability is.
func About(c *v1alpha1.ClientCapability) Subject {
	return Subject{Namespace: c.Namespace, Name: c.Name, Account: c.Spec.AccountRef, Secret: c.SecretName(), TokenType: c.TokenType()}
}

// Advice is what to do about a reason.
type Advice struct {
	// Steps are to be tried in their order. There are none where nothing is to be
	// done.
	Steps []Step `json:"steps,omitempty"`
	// Heals says how soon the operator notices that the cause is gone.
	Heals string `json:"heals,omitempty"`
}

// Step is one thing to do or to look at.
type Step struct {
	Do string `json:"do"`
	// Command is for a shell; empty where no command does it.
	Command string `json:"command,omitempty"`
}

// How soon the operator notices.
const (
	atOnce    = "at once"
	soon      = "within 10 seconds"
	inAMinute = "within a minute"
)

// ForCapability is the advice on a reason of a ClientCapability; ok is false where
// there is no such reason.
func ForCapability(reason string, s Subject) (a Advice, ok bool) {
	advise, ok := ofCapabilities[reason]
	if !ok {
		return Advice{}, false
	}
	return advise(s), true
}

// ForAccount is the advice on a reason of a ClusterAccount's conditions.
func ForAccount(reason string, lent *v1alpha1.ClusterAccount) (a Advice, ok bool) {
	advise, ok := ofAccounts[reason]
	if !ok {
		return Advice{}, false
	}
	return advise(lent), true
}

func nothing[T any](T) Advice { return Advice{} }

// do is a step that no command does.
func do(format string, args ...any) Step { return Step{Do: fmt.Sprintf(format, args...)} }

// with is the step by this command.
func (s Step) with(format string, args ...any) Step {
	s.Command = fmt.Sprintf(format, args...)
	return s
}

// patch changes the declaration itself.
func (s Subject) patch(spec string) string {
	return fmt.Sprintf(`kubectl patch clientcapability %s -n %s --type merge -p '{"spec":%s}'`, s.Name, s.Namespace, spec)
}

func (s Subject) edit() string {
	return fmt.Sprintf("kubectl edit clientcapability %s -n %s", s.Name, s.Namespace)
}

// describeSecret shows the keys of a Secret and how many bytes each has, and no value.
func describeSecret(namespace, name string) string {
	return fmt.Sprintf("kubectl describe secret %s -n %s", name, namespace)
}

func labelSecret(namespace, name string) string {
	return fmt.Sprintf("kubectl label secret %s -n %s %s=%s", name, namespace, v1alpha1.AccountLabel, v1alpha1.AccountLabelValue)
}

const (
	operatorPods = "kubectl get pods -A -l app.kubernetes.io/name=capability-operator -o wide"
	operatorLogs = "kubectl logs -n capability-operator-system deployment/capability-operator --all-pods --since=10m"
)
