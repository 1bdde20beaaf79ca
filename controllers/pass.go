package controllers

import (
	"errors"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

var (
	// errStale: the decision was made on something that has changed since.
	// The watch brings what is new; until then there is nothing to report.
	errStale = errors.New("decided on what has changed since")

	// errTerminating: the namespace is being deleted, and the object with it.
	errTerminating = errors.New("the namespace is being deleted")
)

// pass is one pass over one ClientCapability: what was gathered, what was
// decided and what came of it.
type pass struct {
	key        types.NamespacedName
	capability *v1alpha1.ClientCapability
	// secret stands under the wanted name, if any does; former are Secrets of
	// this capability under names that it no longer wants.
	secret *corev1.Secret
	former []corev1.Secret
	facts  issuance.Facts

	verdict issuance.Verdict

	// token is in the Secret now and is for this declaration, alive or
	// expired; nil where there is none.
	token   *capability.Token
	renewAt time.Time
	// minted says why a token was written in this pass; empty where none was.
	minted issuance.Cause
	// answered is the renew request that the Secret's token answers.
	answered string
	// done is true where the verdict was carried out: the token stays, or the
	// new one is in the Secret.
	done bool
	// fault is what a user has to mend, err a call that failed.
	fault *issuance.Fault
	err   error
}

// live reports whether the Secret holds a token for this declaration that has
// not expired at the moment now.
func (p *pass) live(now time.Time) bool {
	return p.token != nil && now.Before(p.token.ExpiresAt)
}

// expiresAt is zero where there is no token for this declaration.
func (p *pass) expiresAt() time.Time {
	if p.token == nil {
		return time.Time{}
	}
	return p.token.ExpiresAt
}
