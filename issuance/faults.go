package issuance

import (
	"fmt"
	"sort"
	"strings"
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// Admission lets no other ttl through (v1alpha1, the rules of spec.ttl).
const (
	shortestTTL = 5 * time.Second
	longestTTL  = capability.MaxTTL
)

func suspendedFault() *Fault {
	return &Fault{
		Reason:  v1alpha1.ReasonSuspended,
		Message: "Renewal is suspended; set spec.suspend to false to go on.",
		Watched: true,
	}
}

// SecretImmutable is the fault of a Secret whose data can't be changed any more.
func SecretImmutable(name string) *Fault {
	return &Fault{
		Reason:  v1alpha1.ReasonSecretImmutable,
		Message: fmt.Sprintf("Secret %q is immutable, so no new token can be written into it; delete it, and it is made anew.", name),
		Watched: true,
	}
}

// SecretNotOwned is the fault of a wanted Secret name that something else has
// taken. No watch shows other types of Secrets, so only a read tells of its end.
func SecretNotOwned(name string) *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonSecretNotOwned,
		Message: fmt.Sprintf("Secret %q exists and does not belong to this ClientCapability, so it is left alone; "+
			"set spec.secret.name to another name, or delete that Secret.", name),
	}
}

// Contested is the fault of a Secret that somebody else keeps changing.
func Contested(name string) *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonSecretContested,
		Message: fmt.Sprintf("Something keeps changing Secret %q or asking for its renewal, so it is mended only every few seconds; "+
			"find what does (kubectl get secret --show-managed-fields) and stop it.", name),
		Waiting: true,
	}
}

func clockBehind() *Fault {
	return &Fault{
		Reason: v1alpha1.ReasonClockSkewed,
		Message: "The operator's clock is so far behind the API server's that a new token would be expired at once; " +
			"set the clock of the operator's node.",
		Waiting: true,
	}
}

func declarationFault(c *v1alpha1.ClientCapability, grant capability.Grant) *Fault {
	ttl := c.Spec.TTL.Value()
	var wrong string
	switch {
	case ttl < shortestTTL || ttl > longestTTL:
		wrong = "spec.ttl must be from 5s to 24h"
	case RenewBefore(c) > capability.Lifetime(ttl)-shortestTerm:
		// Such a token would be due for renewal as soon as it is issued.
		wrong = "spec.renewBefore must be at least 1s less than spec.ttl, which is minted as 86399s at most"
	default:
		err := grant.ValidateFor(tokenType(c))
		if err == nil {
			return nil
		}
		wrong = err.Error()
	}
	return &Fault{
		Reason:  v1alpha1.ReasonDeclarationInvalid,
		Message: fmt.Sprintf("No token can be made for this declaration: %s.", wrong),
		Watched: true,
	}
}

// metadataFault is about prefixes that the operator was not told to allow:
// GitOps tools prune by such labels, replicators copy the Secret into other
// namespaces by such annotations.
func metadataFault(target *v1alpha1.SecretTarget, allowed []string) *Fault {
	if target == nil {
		return nil
	}
	var refused []string
	for key := range target.Labels {
		if !prefixAllowed(key, allowed) {
			refused = append(refused, fmt.Sprintf("spec.secret.labels[%s]", key))
		}
	}
	for key := range target.Annotations {
		if !prefixAllowed(key, allowed) {
			refused = append(refused, fmt.Sprintf("spec.secret.annotations[%s]", key))
		}
	}
	if len(refused) == 0 {
		return nil
	}
	sort.Strings(refused)
	return &Fault{
		Reason: v1alpha1.ReasonMetadataNotAllowed,
		Message: fmt.Sprintf("%s: a key with a prefix can make other tools prune the Secret or copy the token into other namespaces; "+
			"use a key without a prefix, or have the operator's --allowed-metadata-prefixes allow it (now: %s).",
			strings.Join(refused, ", "), strings.Join(allowed, ", ")),
		Watched: true, Withheld: true,
	}
}

func prefixAllowed(key string, allowed []string) bool {
	if !strings.Contains(key, "/") {
		return true
	}
	for _, prefix := range allowed {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return false
}
