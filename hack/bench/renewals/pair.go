package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// fieldOwner is the operator's, so that a bare client's writes leave the same managed fields.
const fieldOwner = client.FieldOwner("capability-operator")

// pair is an object and its Secret, with two tokens that are written in turn, so that each write is a change.
type pair struct {
	key            types.NamespacedName
	secret, object string // the versions of both
	bodies         [2]bodies
	turn           int
}

// bodies are the patches that write one of the tokens.
type bodies struct{ secret, status body }

// body is a patch in two halves, between which the version of what it changes belongs.
type body struct{ before, after []byte }

func (b body) of(version string) client.Patch {
	return client.RawPatch(types.MergePatchType, bytes.Join([][]byte{b.before, b.after}, []byte(version)))
}

// renew makes the two writes of a renewal, each on the version that it has seen.
func (p *pair) renew(ctx context.Context, api client.Client) error {
	p.turn = 1 - p.turn
	next := p.bodies[p.turn]
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: p.key.Namespace, Name: p.key.Name}}
	if err := api.Patch(ctx, secret, next.secret.of(p.secret), fieldOwner); err != nil {
		return fmt.Errorf("writing a Secret: %w", err)
	}
	p.secret = secret.ResourceVersion
	object := &v1alpha1.ClientCapability{ObjectMeta: metav1.ObjectMeta{Namespace: p.key.Namespace, Name: p.key.Name}}
	if err := api.Status().Patch(ctx, object, next.status.of(p.object), fieldOwner); err != nil {
		return fmt.Errorf("writing a status: %w", err)
	}
	p.object = object.ResourceVersion
	return nil
}

// preparePairs reads everything that has a token, and signs another for each.
func preparePairs(ctx context.Context, api client.Client, authToken string) ([]*pair, error) {
	objects, secrets, err := listAll(ctx, api)
	if err != nil {
		return nil, err
	}
	held := map[string]*corev1.Secret{}
	for i := range secrets.Items {
		held[secrets.Items[i].Name] = &secrets.Items[i]
	}
	var pairs []*pair
	for i := range objects.Items {
		object := &objects.Items[i]
		secret := held[object.Name]
		if secret == nil || object.Status.Token == nil {
			continue
		}
		p := &pair{key: client.ObjectKeyFromObject(object), secret: secret.ResourceVersion, object: object.ResourceVersion}
		for turn := range p.bodies {
			if p.bodies[turn], err = bodiesOf(object, secret, authToken, time.Duration(turn)*time.Second); err != nil {
				return nil, err
			}
		}
		pairs = append(pairs, p)
	}
	if len(pairs) == 0 {
		return nil, errors.New("nothing has a token that could be renewed")
	}
	return pairs, nil
}

// tokenSecrets selects the Secrets that hold tokens, as the operator does.
var tokenSecrets = client.MatchingFieldsSelector{Selector: fields.OneTermEqualSelector("type", string(v1alpha1.SecretType))}

// listAll reads what the operator reads of its objects when it starts.
func listAll(ctx context.Context, api client.Client) (*v1alpha1.ClientCapabilityList, *corev1.SecretList, error) {
	objects, secrets := &v1alpha1.ClientCapabilityList{}, &corev1.SecretList{}
	if err := errors.Join(api.List(ctx, objects), api.List(ctx, secrets, tokenSecrets)); err != nil {
		return nil, nil, fmt.Errorf("listing the objects: %w", err)
	}
	return objects, secrets, nil
}

// bodiesOf writes the same token, issued so much later.
func bodiesOf(object *v1alpha1.ClientCapability, secret *corev1.Secret, authToken string, later time.Duration) (bodies, error) {
	token, err := capability.Parse(string(secret.Data[object.TokenKey()]))
	if err != nil {
		return bodies{}, fmt.Errorf("reading a token: %w", err)
	}
	token.IssuedAt, token.ExpiresAt = token.IssuedAt.Add(later), token.ExpiresAt.Add(later)
	raw, err := capability.Mint(token, authToken)
	if err != nil {
		return bodies{}, fmt.Errorf("signing a token: %w", err)
	}
	status := object.Status.DeepCopy()
	for _, moment := range []*metav1.Time{&status.Token.IssuedAt, &status.Token.ExpiresAt, status.Token.RenewsAt} {
		*moment = metav1.NewTime(moment.Add(later))
	}
	var b bodies
	data := map[string][]byte{object.TokenKey(): []byte(raw), v1alpha1.ExpiresAtKey: []byte(token.ExpiresAt.UTC().Format(time.RFC3339))}
	if b.secret, err = newBody("data", data); err == nil {
		b.status, err = newBody("status", status)
	}
	return b, err
}

func newBody(member string, value any) (body, error) {
	raw, err := json.Marshal(value)
	if err != nil {
		return body{}, fmt.Errorf("encoding a patch: %w", err)
	}
	return body{
		before: []byte(`{"metadata":{"resourceVersion":"`),
		after:  fmt.Appendf(nil, `"},%q:%s}`, member, raw),
	}, nil
}
