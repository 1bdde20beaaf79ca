package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// What users do to the object itself.

func (w *world) changeRights(o *object) bool {
	w.redeclare(o, func(d *declaration) { w.drawRights(d.object) })
	return true
}

func (w *world) changeTimes(o *object) bool {
	w.redeclare(o, func(d *declaration) {
		w.drawTimes(d.object)
		d.valid = true
	})
	return true
}

func (w *world) drawRights(c *v1alpha1.ClientCapability) {
	c.Spec.ClientName = "client-" + w.hex(6)
	if c.Spec.Outgoing != nil {
		c.Spec.Outgoing.ApplicationSID = "AP" + w.hex(32)
	}
}

func (w *world) changeKey(o *object) bool {
	w.redeclare(o, func(d *declaration) {
		target := &v1alpha1.SecretTarget{Key: v1alpha1.SecretKey("key-" + w.hex(4))}
		if d.object.Spec.Secret != nil {
			target.Labels = d.object.Spec.Secret.Labels
		}
		d.object.Spec.Secret = target
	})
	return true
}

// changeAndBack may be back before the manager has seen the change, or after.
func (w *world) changeAndBack(o *object) bool {
	was := o.truthDecl.object.Spec.ClientName
	w.redeclare(o, func(d *declaration) { d.object.Spec.ClientName = "somebody-else" })
	w.after(w.upTo(2*maxLag), func() {
		w.redeclare(o, func(d *declaration) { d.object.Spec.ClientName = was })
	})
	return true
}

// requestRenewal writes the annotation: a new request, an old one spelt in
// another zone, one that can't be read, or it takes the annotation away.
func (w *world) requestRenewal(o *object) bool {
	w.redeclare(o, func(d *declaration) {
		d.object.Generation--
		if d.object.Annotations == nil {
			d.object.Annotations = map[string]string{}
		}
		at := w.wall()
		switch draw := w.rng.Float64(); {
		case draw < 0.6:
			d.request = at.UTC().Format(time.RFC3339Nano)
			d.object.Annotations[v1alpha1.RenewRequestedAtAnnotation] = at.In(w.zone()).Format(time.RFC3339Nano)
		case draw < 0.8 && d.request != "":
			before, err := time.Parse(time.RFC3339, d.request)
			if err == nil {
				d.object.Annotations[v1alpha1.RenewRequestedAtAnnotation] = before.In(w.zone()).Format(time.RFC3339Nano)
			}
		case draw < 0.9:
			d.request = ""
			d.object.Annotations[v1alpha1.RenewRequestedAtAnnotation] = "now"
		default:
			d.request = ""
			delete(d.object.Annotations, v1alpha1.RenewRequestedAtAnnotation)
		}
	})
	return true
}

func (w *world) zone() *time.Location {
	return time.FixedZone("", (w.rng.IntN(49)-24)*1800)
}

// relabel changes what does not matter, and wakes nobody.
func (w *world) relabel(o *object) bool {
	next := w.declare(o.truthDecl, o.truthDecl.object.DeepCopy())
	next.object.Labels = map[string]string{"team": w.hex(4)}
	o.truthDecl = next
	w.notifyOf(o, next)
	return true
}

// recreate deletes the object and creates it again under the same name at once,
// with or without garbage collection having removed the Secret meanwhile.
func (w *world) recreate(o *object) bool {
	if o.trouble {
		return false
	}
	w.redeclare(o, func(d *declaration) {
		d.object.UID, d.object.Generation = w.uid(), 1
		d.object.Status = v1alpha1.ClientCapabilityStatus{}
	})
	if w.chance(0.5) && o.secretIsOurs() {
		w.edit(o, remove)
	}
	return true
}
