package plugin

import (
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// What a call can come to besides an answer and an error. The answer was written, and
// the error says nothing more than this.
var (
	// ErrFault: what was asked about is not as it should be.
	ErrFault = errors.New("something is to be mended")

	// ErrTimeout: what was waited for did not come in time.
	ErrTimeout = errors.New("it did not come in time")
)

// usageError is a call that makes no sense whatever the cluster says.
type usageError struct{ why string }

func (e usageError) Error() string { return e.why }

// IsUsage reports whether the command line was wrong.
func IsUsage(err error) bool {
	var usage usageError
	return errors.As(err, &usage)
}

// Usage is an error of the command line.
func Usage(format string, args ...any) error { return usageError{fmt.Sprintf(format, args...)} }

// explained says of a failed call about ClientCapabilities what its caller can do.
func explained(err error, doing, namespace, name string) error {
	where := "in the namespace " + namespace
	if namespace == "" {
		where = "in all namespaces"
	}
	switch {
	case err == nil:
		return nil
	case isUnknownKind(err):
		return fmt.Errorf("this cluster does not know the kind %s (%s): the operator's CRDs are not installed, or this is another cluster than you meant (see: kubectl config current-context)",
			v1alpha1.Kind, v1alpha1.GroupName)
	case apierrors.IsNotFound(err):
		return fmt.Errorf("there is no ClientCapability %q %s; see which there are with: kubectl capability list -n %[3]s", name, where, namespace)
	case apierrors.IsForbidden(err) && namespace == "":
		return fmt.Errorf("you may not %s clientcapabilities %s: name one namespace, with -n", doing, where)
	case apierrors.IsForbidden(err):
		role := "view"
		if doing == "patch" {
			role = "edit"
		}
		return fmt.Errorf("you may not %s clientcapabilities %s; whoever has Kubernetes' role %q there may (see: kubectl auth can-i %s clientcapabilities.%s -n %s)",
			doing, where, role, doing, v1alpha1.GroupName, namespace)
	}
	return err
}

// isUnknownKind tells a path that the API server does not have, and says so with no
// Status, from an object that is not there.
func isUnknownKind(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.IsUnexpectedServerError(err)
}
