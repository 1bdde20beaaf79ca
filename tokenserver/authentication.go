package tokenserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/authentication/authenticator"
	"k8s.io/apiserver/pkg/authentication/group"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	"k8s.io/apiserver/pkg/authentication/token/cache"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/kubernetes"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
)

// Audience is whom a bearer token must be for, and nobody else, that is sent
// straight to this server. One that is for the API server too is refused, so that
// this server never holds a credential that the API server would accept.
const Audience = "capability-operator"

const (
	// reviewTimeout is how long the API server may take to answer a question
	// about a caller.
	reviewTimeout = 5 * time.Second
	// knownFor is how long the answer to a TokenReview holds. With rightsFor it
	// stays under the ten seconds within which a withdrawal takes effect.
	knownFor = 8 * time.Second
	// strangerFor is the same for a token that was refused: it costs nothing to
	// send another.
	strangerFor = 5 * time.Second
	// strangersAtOnce is how many requests from one address may wait at once to be
	// told who sends them, so that who sends invented tokens keeps nobody else
	// waiting. Who is known is told at once.
	strangersAtOnce = 32
)

// The ConfigMap in which the API server says how it makes itself known to the
// servers behind it.
const (
	frontProxyNamespace = "kube-system"
	frontProxyConfigMap = "extension-apiserver-authentication"
)

// identification tells who asks: whom the API server says it is, where it is the
// API server that asks; else who the bearer token says it is. There is no third
// way: no other client certificate, and nobody without a name.
type identification struct {
	frontProxy authenticator.Request
	tokens     authenticator.Token
	strangers  *shares
}

// AuthenticateRequest implements authenticator.Request. An error means that
// nobody could tell; ok is false for who is not known.
func (i *identification) AuthenticateRequest(req *http.Request) (*authenticator.Response, bool, error) {
	if req.TLS != nil && len(req.TLS.PeerCertificates) > 0 {
		// A certificate of somebody else's is no reason to refuse a good token.
		if response, ok, err := i.frontProxy.AuthenticateRequest(req); err == nil && ok {
			return response, true, nil
		}
	}
	scheme, token, found := strings.Cut(strings.TrimSpace(req.Header.Get("Authorization")), " ")
	if token = strings.TrimSpace(token); !found || !strings.EqualFold(scheme, "bearer") || token == "" {
		return nil, false, nil
	}
	leave, ok := i.strangers.enter(addressOf(req))
	if !ok {
		return nil, false, errManyStrangers
	}
	defer leave()
	// The place is held until the review ends, which goes on where a caller has
	// gone: who leaves early must not get another place for it.
	lasting := context.WithoutCancel(req.Context())
	return i.tokens.AuthenticateToken(authenticator.WithAudiences(lasting, authenticator.Audiences{Audience}), token)
}

var errManyStrangers = errors.New("too many requests from one address wait to be told who sends them")

func addressOf(req *http.Request) string {
	host, _, err := net.SplitHostPort(req.RemoteAddr)
	if err != nil {
		return req.RemoteAddr
	}
	return host
}

// reviewer has the API server review tokens for this server's audience.
type reviewer struct {
	client authenticationclient.TokenReviewInterface
	outage *outage
}

// AuthenticateToken implements authenticator.Token.
func (r *reviewer) AuthenticateToken(ctx context.Context, token string) (*authenticator.Response, bool, error) {
	if !isForThisServerAlone(token) { // whoever it is from
		return nil, false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	review, err := r.client.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{Audience}},
	}, metav1.CreateOptions{})
	if err != nil {
		return nil, false, fmt.Errorf("%w: %w", errReview, err)
	}
	r.outage.over()
	switch {
	case !review.Status.Authenticated:
		return nil, false, nil
	case !slices.Contains(review.Status.Audiences, Audience):
		// An authenticator that knows no audiences says none: what it accepts, it
		// accepts for the API server.
		return nil, false, nil
	}
	known := review.Status.User
	extra := make(map[string][]string, len(known.Extra))
	for key, values := range known.Extra {
		extra[key] = values
	}
	return &authenticator.Response{
		Audiences: authenticator.Audiences{Audience},
		User:      &user.DefaultInfo{Name: known.Username, UID: known.UID, Groups: known.Groups, Extra: extra},
	}, true, nil
}

var errReview = errors.New("asking the API server who sends the token")

// newIdentification returns, besides, what keeps it up to date: to be run until
// the server ends.
func newIdentification(ctx context.Context, client kubernetes.Interface, outage *outage) (authenticator.Request, func(context.Context), error) {
	headers := headerrequest.NewRequestHeaderAuthRequestController(frontProxyConfigMap, frontProxyNamespace, client,
		"requestheader-username-headers", "requestheader-uid-headers", "requestheader-group-headers",
		"requestheader-extra-headers-prefix", "requestheader-allowed-names")
	authority, err := dynamiccertificates.NewDynamicCAFromConfigMapController("front-proxy", frontProxyNamespace, frontProxyConfigMap,
		"requestheader-client-ca-file", client)
	if err != nil {
		return nil, nil, fmt.Errorf("following the front proxy's authority: %w", err)
	}
	// Read before the first request comes. A cluster without a front proxy has none
	// of it; then nobody passes for one.
	if err := errors.Join(headers.RunOnce(ctx), authority.RunOnce(ctx)); err != nil {
		return nil, nil, fmt.Errorf("reading how the API server makes itself known: %w", err)
	}
	follow := func(ctx context.Context) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			headers.Run(ctx, 1)
		}()
		authority.Run(ctx, 1)
		<-done
	}
	who := &identification{
		frontProxy: headerrequest.NewDynamicVerifyOptionsSecure(authority.VerifyOptions,
			headerrequest.StringSliceProviderFunc(headers.AllowedClientNames),
			headerrequest.StringSliceProviderFunc(headers.UsernameHeaders),
			headerrequest.StringSliceProviderFunc(headers.UIDHeaders),
			headerrequest.StringSliceProviderFunc(headers.GroupHeaders),
			headerrequest.StringSliceProviderFunc(headers.ExtraHeaderPrefixes)),
		tokens:    newTokenIdentification(client.AuthenticationV1().TokenReviews(), outage),
		strangers: newShares(strangersAtOnce),
	}
	return group.NewAuthenticatedGroupAdder(who), follow, nil
}

func newTokenIdentification(client authenticationclient.TokenReviewInterface, outage *outage) authenticator.Token {
	return cache.New(&reviewer{client: client, outage: outage}, false, knownFor, strangerFor)
}
