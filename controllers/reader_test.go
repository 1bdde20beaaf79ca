package controllers_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/controllers"
)

// liveReader answers as the operator's cache would that has caught up: it sees
// token Secrets alone, stripped as the cache strips them, and knows the indexes.
// An object can be pinned to an older state, as in a cache that has not caught up.
type liveReader struct {
	api    client.Reader
	pinned map[string]client.Object // nil: not seen yet
	strip  map[reflect.Type]toolscache.TransformFunc
}

func newLiveReader(api client.Reader) *liveReader {
	r := &liveReader{api: api, pinned: map[string]client.Object{}, strip: map[reflect.Type]toolscache.TransformFunc{}}
	for object, options := range controllers.CacheOptions().ByObject {
		r.strip[reflect.TypeOf(object)] = options.Transform
	}
	return r
}

// pin has the reader go on showing the object as it is now.
func (r *liveReader) pin(object client.Object) { r.pinned[pinKey(object)] = object }

// hide has the reader not see the object, however long it has been there.
func (r *liveReader) hide(object client.Object) { r.pinned[pinKey(object)] = nil }

func (r *liveReader) catchUp() { clear(r.pinned) }

func pinKey(object client.Object) string {
	return fmt.Sprintf("%T/%s/%s", object, object.GetNamespace(), object.GetName())
}

func (r *liveReader) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	into.SetNamespace(key.Namespace)
	into.SetName(key.Name)
	pinned, isPinned := r.pinned[pinKey(into)]
	switch {
	case isPinned && pinned == nil:
		return notFound(key)
	case isPinned:
		shown := reflect.ValueOf(pinned.DeepCopyObject())
		reflect.ValueOf(into).Elem().Set(shown.Elem())
	default:
		if err := r.api.Get(ctx, key, into, opts...); err != nil {
			return err
		}
	}
	if !cached(into) {
		return notFound(key)
	}
	_, err := r.strip[reflect.TypeOf(into)](into)
	return err
}

func notFound(key client.ObjectKey) error {
	return apierrors.NewNotFound(corev1.Resource("objects"), key.String())
}

func cached(object client.Object) bool {
	secret, ok := object.(*corev1.Secret)
	return !ok || secret.Type == v1alpha1.SecretType
}

func (r *liveReader) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(opts)
	if err := r.api.List(ctx, list, client.InNamespace(asked.Namespace)); err != nil {
		return err
	}
	switch list := list.(type) {
	case *v1alpha1.ClientCapabilityList:
		list.Items = slices.DeleteFunc(list.Items, func(c v1alpha1.ClientCapability) bool { return !indexed(&c, asked) })
	case *corev1.SecretList:
		list.Items = slices.DeleteFunc(list.Items, func(s corev1.Secret) bool { return !cached(&s) || !indexed(&s, asked) })
	default:
		return fmt.Errorf("the operator has no cache of %T", list)
	}
	return nil
}

// indexed reports whether the object is found by what was asked for.
func indexed(object client.Object, asked client.ListOptions) bool {
	if asked.FieldSelector == nil {
		return true
	}
	for _, requirement := range asked.FieldSelector.Requirements() {
		if indexValue(object, requirement.Field) != requirement.Value {
			return false
		}
	}
	return true
}

func indexValue(object client.Object, index string) string {
	switch object := object.(type) {
	case *v1alpha1.ClientCapability:
		if index == "wantedSecret" && !object.IsOnDemand() && object.SecretName() != object.Name {
			return object.SecretName()
		}
	case *corev1.Secret:
		if controller := metav1.GetControllerOf(object); controller != nil && controller.Name != object.Name && index == "controllerUID" {
			return string(controller.UID)
		}
	}
	return ""
}
