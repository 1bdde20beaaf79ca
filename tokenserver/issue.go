package tokenserver

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/accounts"
	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
	voice "github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
	"github.com/capability-operator/capability-operator/issuance"
)

// Issuer decides on requests and signs what is granted.
type Issuer struct {
	// Capabilities reads ClientCapabilities, and Accounts what they are signed
	// with: in production from caches.
	Capabilities client.Reader
	Accounts     *accounts.Finder
	// Namespaces are those that are served; none for all.
	Namespaces []string
	// Holds reports whether these caches hold one of them.
	Holds func(namespace string) bool
	Clock clock.PassiveClock
	// ServerTime is a moment that the API server's clock has passed already; zero
	// where nothing is known of it.
	ServerTime func() time.Time

	names names
}

// isDuration reports what voice.DurationPattern does, which spec.ttl of a
// ClientCapability is held to: hours, minutes and seconds, each once at most.
func isDuration(s string) bool {
	const most = 5 // digits
	units := "hms"
	for s != "" {
		digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
		if digits == 0 || digits > most || digits == len(s) {
			return false
		}
		_, rest, found := strings.Cut(units, s[digits:digits+1])
		if !found {
			return false
		}
		units, s = rest, s[digits+1:]
	}
	return units != "hms"
}

// Issue gives the token that is asked for and when it expires, or a status error.
func (i *Issuer) Issue(ctx context.Context, key types.NamespacedName, spec v1alpha1.TokenRequestSpec) (string, time.Time, error) {
	facts, err := i.gather(ctx, key)
	if err != nil {
		return "", time.Time{}, err
	}
	request, err := wish(key, spec)
	if err != nil {
		return "", time.Time{}, err
	}
	granted, refusal := issuance.Answer(facts, request)
	switch {
	case refusal != nil && refusal.Fault != nil:
		return "", time.Time{}, refused(key, refusal.Fault)
	case refusal != nil:
		return "", time.Time{}, invalid(key.Name, refusal.Field, refusal.Why)
	}
	// The key depends on the type of token alone, which no request changes.
	token, err := capability.Mint(granted, issuance.SigningKey(facts.Capability, facts.Account))
	if err != nil { // what Answer grants can be minted
		return "", time.Time{}, apierrors.NewInternalError(fmt.Errorf("minting the token: %w", err))
	}
	return token, granted.ExpiresAt, nil
}

// wish reads the request as far as nothing else is needed for it.
func wish(key types.NamespacedName, spec v1alpha1.TokenRequestSpec) (issuance.Request, error) {
	request := issuance.Request{ClientName: spec.ClientName}
	if spec.TTL == "" {
		return request, nil
	}
	if !isDuration(spec.TTL) {
		return request, invalid(key.Name, "spec.ttl", "must be a duration in whole hours, minutes and seconds, in that order, such as 5s, 10m or 1h30m")
	}
	if request.TTL = voice.Duration(spec.TTL).Value(); request.TTL == 0 {
		return request, invalid(key.Name, "spec.ttl", "must be at least 5s; leave it out for the ttl of the ClientCapability")
	}
	return request, nil
}

func (i *Issuer) gather(ctx context.Context, key types.NamespacedName) (issuance.Facts, error) {
	if len(i.Namespaces) > 0 && !slices.Contains(i.Namespaces, key.Namespace) {
		return issuance.Facts{}, notFound(key.Name) // the cache would call that an error
	}
	if !i.Holds(key.Namespace) {
		return issuance.Facts{}, unavailable("the token server has not read the namespace yet; try again")
	}
	declared := &voice.ClientCapability{}
	switch err := i.Capabilities.Get(ctx, key, declared); {
	case apierrors.IsNotFound(err):
		return issuance.Facts{}, notFound(key.Name)
	case err != nil:
		return issuance.Facts{}, unavailable("the ClientCapability can't be read at present; try again")
	case !declared.DeletionTimestamp.IsZero(): // whatever holds it back, nothing is made of it any more
		return issuance.Facts{}, notFound(key.Name)
	}
	account, err := i.Accounts.Find(ctx, key.Namespace, declared.Spec.AccountRef)
	if err != nil {
		return issuance.Facts{}, unavailable("the account can't be read at present; try again")
	}
	facts := issuance.Facts{Capability: declared, Account: account, Now: i.Clock.Now()}
	facts.Names = i.names.read(issuance.NamePatternsOf(declared, account))
	if i.ServerTime != nil {
		facts.ServerTime = i.ServerTime()
	}
	return facts, nil
}
