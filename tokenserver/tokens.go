package tokenserver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternal "k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apiserver/pkg/endpoints/handlers/negotiation"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/util/dryrun"
	"sigs.k8s.io/json"

	"github.com/capability-operator/capability-operator/api/tokens/v1alpha1"
)

// serveToken answers a request for a token. Nothing in it waits: the body has been
// read, and all that is looked up stands in memory.
func (s *Server) serveToken(w http.ResponseWriter, req *http.Request) {
	_, output, err := negotiation.NegotiateOutputMediaType(req, s.serializer, negotiation.DefaultEndpointRestrictions)
	if err != nil {
		s.fail(w, req, err)
		return
	}
	answer, err := s.answer(req)
	if err != nil {
		s.fail(w, req, err)
		return
	}
	w.Header().Set("Content-Type", output.MediaType)
	w.WriteHeader(http.StatusCreated)
	_ = output.Serializer.Encode(answer, w) // who does not read it does not want it
}

// answer decides. With dryRun, everything is decided and nothing is handed out: the
// answer says when the token would expire.
func (s *Server) answer(req *http.Request) (*v1alpha1.TokenRequest, error) {
	info, ok := request.RequestInfoFrom(req.Context())
	if !ok || info.Name == "" {
		return nil, apierrors.NewBadRequest("name must be provided")
	}
	key := types.NamespacedName{Namespace: info.Namespace, Name: info.Name}
	asked, dry, err := s.read(req)
	if err != nil {
		return nil, err
	}
	decisionFrom(req.Context()).askedFor(asked.Spec)
	if err := agrees(asked.ObjectMeta, key); err != nil {
		return nil, err
	}
	token, expiresAt, err := s.config.Issuer.Issue(req.Context(), key, asked.Spec)
	if err != nil {
		return nil, err
	}
	answer := &v1alpha1.TokenRequest{
		TypeMeta:   metav1.TypeMeta{APIVersion: groupVersion, Kind: kind.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: key.Name, Namespace: key.Namespace},
		Spec:       asked.Spec,
		Status:     v1alpha1.TokenRequestStatus{Token: token, ExpiresAt: metav1.NewTime(expiresAt)},
	}
	if dry {
		answer.Status.Token = ""
	}
	return answer, nil
}

// agrees holds what the body says of itself against the path.
func agrees(meta metav1.ObjectMeta, key types.NamespacedName) error {
	switch {
	case meta.Name != "" && meta.Name != key.Name:
		return apierrors.NewBadRequest("metadata.name must be left out, or be the name of the ClientCapability in the path")
	case meta.Namespace != "" && meta.Namespace != key.Namespace:
		return apierrors.NewBadRequest("metadata.namespace must be left out, or be the namespace in the path")
	case meta.GenerateName != "":
		return apierrors.NewBadRequest("metadata.generateName must be left out: nothing is stored")
	}
	return nil
}

// read gives what is asked for, and whether only to see what would be answered.
func (s *Server) read(req *http.Request) (asked *v1alpha1.TokenRequest, dry bool, err error) {
	if _, err := negotiation.NegotiateInputSerializer(req, false, s.serializer); err != nil {
		return nil, false, err // it is not JSON, the only thing that is spoken
	}
	if dry, err = readOptions(req); err != nil {
		return nil, false, err
	}
	body := make([]byte, max(0, req.ContentLength)) // withBody has read it
	if _, err := io.ReadFull(req.Body, body); err != nil {
		return nil, false, apierrors.NewInternalError(fmt.Errorf("reading the body: %w", err))
	}
	asked, err = decode(body)
	return asked, dry, err
}

// readOptions reads the query's part of a request, of which nothing but dryRun has
// an effect here. What a query may say is what it may say anywhere.
func readOptions(req *http.Request) (dry bool, err error) {
	if req.URL.RawQuery == "" {
		return false, nil
	}
	options := &metav1.CreateOptions{}
	if err := metainternal.ParameterCodec.DecodeParameters(req.URL.Query(), metav1.SchemeGroupVersion, options); err != nil {
		return false, apierrors.NewBadRequest(err.Error())
	}
	if errs := validation.ValidateCreateOptions(options); len(errs) > 0 {
		return false, apierrors.NewInvalid(schema.GroupKind{Group: metav1.GroupName, Kind: "CreateOptions"}, "", errs)
	}
	return dryrun.IsDryRun(options.DryRun), nil
}

var errEmptyBody = errors.New(`the body is empty; send a TokenRequest, of which {} is the shortest`)

// decode takes no body that it does not understand in full: a misspelled field would
// otherwise give a token for somebody else, or one that lives longer than was meant.
// Callers can't ask for less (the parameter fieldValidation does nothing here).
func decode(body []byte) (*v1alpha1.TokenRequest, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, unreadable(errEmptyBody)
	}
	asked := &v1alpha1.TokenRequest{}
	strict, err := json.UnmarshalStrict(body, asked)
	switch {
	case err != nil:
		return nil, unreadable(err)
	case len(strict) > 0:
		return nil, unreadable(errors.Join(strict...))
	case asked.APIVersion != "" && asked.APIVersion != groupVersion || asked.Kind != "" && asked.Kind != kind.Kind:
		return nil, apierrors.NewBadRequest("apiVersion and kind must be left out, or be " + groupVersion + " and " + kind.Kind)
	}
	return asked, nil
}

func unreadable(err error) error {
	return apierrors.NewBadRequest("the body can't be read as a TokenRequest: " + strings.ReplaceAll(err.Error(), "\n", ", "))
}
