package controllers_test

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// wire is what lies between the operator and the API server. It carries every
// call until it is told otherwise.
type wire struct {
	// fault sees each call, such as "patch Secret" or "patch status", and
	// decides whether it is sent and what comes back.
	fault func(call string, send func() error) error
}

// cut reports whether something is wrong with the wire.
func (w *wire) cut() bool { return w.fault != nil }

func (w *wire) mend() { w.fault = nil }

// lose has the calls fail before they are sent.
func (w *wire) lose(err error, calls ...string) {
	w.faultOn(calls, func(func() error) error { return err })
}

// loseAnswers has the calls take effect and yet fail.
func (w *wire) loseAnswers(err error, calls ...string) {
	w.faultOn(calls, func(send func() error) error {
		if refused := send(); refused != nil {
			return refused
		}
		return err
	})
}

func (w *wire) faultOn(calls []string, fault func(send func() error) error) {
	w.fault = func(call string, send func() error) error {
		for _, faulty := range calls {
			if call == faulty {
				return fault(send)
			}
		}
		return send()
	}
}

func (w *wire) carry(verb string, object client.Object, send func() error) error {
	if w.fault == nil {
		return send()
	}
	kind := "ClientCapability"
	if _, ok := object.(*corev1.Secret); ok || object.GetObjectKind().GroupVersionKind().Kind == "Secret" {
		kind = "Secret"
	}
	return w.fault(verb+" "+kind, send)
}

func (w *wire) around(api client.WithWatch) client.WithWatch {
	return interceptor.NewClient(api, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, opts ...client.GetOption) error {
			return w.carry("get", object, func() error { return c.Get(ctx, key, object, opts...) })
		},
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.CreateOption) error {
			return w.carry("create", object, func() error { return c.Create(ctx, object, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, object client.Object, patch client.Patch, opts ...client.PatchOption) error {
			return w.carry("patch", object, func() error { return c.Patch(ctx, object, patch, opts...) })
		},
		Delete: func(ctx context.Context, c client.WithWatch, object client.Object, opts ...client.DeleteOption) error {
			return w.carry("delete", object, func() error { return c.Delete(ctx, object, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, object client.Object, patch client.Patch, opts ...client.SubResourcePatchOption) error {
			return w.carry("patch "+sub+" of", object, func() error { return c.SubResource(sub).Patch(ctx, object, patch, opts...) })
		},
		Update: func(context.Context, client.WithWatch, client.Object, ...client.UpdateOption) error {
			return fmt.Errorf("the operator has no right to update")
		},
	})
}
