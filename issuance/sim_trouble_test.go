package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
)

// trouble is what a user does to one object or its Secret.
func (w *world) trouble(o *object) {
	draw := w.rng.IntN(100)
	for _, kind := range []struct {
		share int // of a hundred; what is left is recreate's
		name  string
		do    func(*object) bool
	}{
		{10, "Secret deleted", w.deleteSecret},
		{18, "Secret edited", w.editToken},
		{4, "Secret edited and back", w.exchangeAndBack},
		{4, "Secret's labels edited", w.editLabels},
		{5, "Secret immutable for a while", w.makeImmutable},
		{5, "name taken for a while", w.takeName},
		{8, "declared times changed", w.changeTimes},
		{6, "declared rights changed", w.changeRights},
		{4, "declared key changed", w.changeKey},
		{4, "declaration changed and back", w.changeAndBack},
		{6, "suspended for a while", w.suspend},
		{4, "declaration invalid for a while", w.breakDeclaration},
		{4, "labels not allowed for a while", w.declareForeignLabel},
		{10, "renewal requested", w.requestRenewal},
		{4, "label of the object edited", w.relabel},
	} {
		if draw -= kind.share; draw < 0 {
			if kind.do(o) {
				w.report.faults[kind.name]++
			}
			return
		}
	}
	if w.recreate(o) {
		w.report.faults["object created again"]++
	}
}

func (o *object) secretIsOurs() bool {
	s := o.truthSecret
	return !s.gone && !s.foreign && !s.facts.Immutable
}

func remove(s *secret) { *s = secret{version: s.version, gone: true, edits: s.edits} }

func (w *world) deleteSecret(o *object) bool {
	if !o.secretIsOurs() {
		return false
	}
	w.edit(o, remove)
	return true
}

// editToken puts something else into the Secret: text, an older token, or a
// token that somebody else signed or that this one's key signed at another time.
func (w *world) editToken(o *object) bool {
	if !o.secretIsOurs() {
		return false
	}
	before := o.earlier
	o.earlier = o.truthSecret
	w.edit(o, func(s *secret) {
		s.token = nil
		switch w.rng.IntN(7) {
		case 0:
			s.facts.Token = ""
		case 1:
			s.facts.Token = "not.a.token"
		case 2:
			s.facts.Token = s.facts.Token[:len(s.facts.Token)/2]
		case 3:
			w.resign(o, s, w.newCredentials().AuthToken.Value, 0)
		case 4:
			w.resign(o, s, o.account.good.AuthToken.Value, w.between(time.Second, 24*time.Hour))
		case 5:
			w.resign(o, s, o.account.good.AuthToken.Value, -w.between(time.Second, 48*time.Hour))
		default:
			if before == nil {
				s.facts.Token = "e30.e30.e30"
				return
			}
			s.facts.Token, s.token = before.facts.Token, before.token
		}
	})
	return true
}

// exchangeAndBack puts another good token into the Secret and then the one back
// that was there.
func (w *world) exchangeAndBack(o *object) bool {
	if !o.secretIsOurs() {
		return false
	}
	was := o.truthSecret
	w.edit(o, func(s *secret) { w.resign(o, s, o.account.good.AuthToken.Value, -time.Second) })
	w.after(w.between(time.Second, w.scale/4), func() {
		if o.secretIsOurs() {
			w.edit(o, func(s *secret) { s.facts.Token, s.token, s.key = was.facts.Token, was.token, was.key })
		}
	})
	return true
}

func (w *world) resign(o *object, s *secret, authToken string, shift time.Duration) {
	signer := o.account.good
	signer.AuthToken.Value = authToken
	if raw, made, err := w.sign(o.truthDecl, signer, w.wall().Add(shift)); err == nil {
		s.facts.Token, s.token = raw, made
		return
	}
	s.facts.Token = "x" // the declaration is one that nobody can sign
}

func (w *world) editLabels(o *object) bool {
	if !o.secretIsOurs() {
		return false
	}
	w.edit(o, func(s *secret) { s.edits--; s.labels++ })
	return true
}

// during has something be so for a while, unless something else is under way.
func (w *world) during(o *object, longest time.Duration, begin, end func()) bool {
	if o.trouble {
		return false
	}
	o.trouble = true
	begin()
	w.after(w.between(min(w.scale/50, time.Minute), longest), func() {
		o.trouble = false
		end()
	})
	return true
}

// makeImmutable can't be undone: the way out is to delete the Secret.
func (w *world) makeImmutable(o *object) bool {
	return o.secretIsOurs() && w.during(o, 4*w.scale, func() {
		w.edit(o, func(s *secret) { s.facts.Immutable = true; s.edits-- })
	}, func() { w.edit(o, remove) })
}

// takeName has another's Secret stand under the name for a while.
func (w *world) takeName(o *object) bool {
	return !o.truthSecret.facts.Immutable && w.during(o, min(3*w.scale, time.Hour), func() {
		w.edit(o, remove)
		w.edit(o, func(s *secret) { s.gone, s.foreign = false, true })
	}, func() {
		w.settle(o)
		w.edit(o, func(s *secret) { remove(s); s.foreign = true })
		o.truthSecret.foreign = false // and no watch tells of it
		w.rejudge(o)
		w.extendForRetry(o, 10*time.Second)
	})
}

func (w *world) suspend(o *object) bool {
	return w.during(o, 4*w.scale,
		func() { w.redeclare(o, func(d *declaration) { d.object.Spec.Suspend = true }) },
		func() { w.redeclare(o, func(d *declaration) { d.object.Spec.Suspend = false }) })
}

func (w *world) breakDeclaration(o *object) bool {
	var was v1alpha1.Duration
	return w.during(o, 4*w.scale,
		func() {
			w.redeclare(o, func(d *declaration) { was, d.object.Spec.TTL, d.valid = d.object.Spec.TTL, "1d", false })
		},
		func() {
			w.redeclare(o, func(d *declaration) {
				if !d.valid { // nobody has mended it yet
					d.object.Spec.TTL, d.valid = was, true
				}
			})
		})
}

func (w *world) declareForeignLabel(o *object) bool {
	label := func(d *declaration, labels map[string]v1alpha1.LabelValue) {
		key := d.object.TokenKey()
		d.object.Spec.Secret = &v1alpha1.SecretTarget{Key: v1alpha1.SecretKey(key), Labels: labels}
		d.foreignLabel = labels != nil
	}
	return w.during(o, 4*w.scale,
		func() {
			w.redeclare(o, func(d *declaration) { label(d, map[string]v1alpha1.LabelValue{"argocd.example.com/x": "y"}) })
		},
		func() { w.redeclare(o, func(d *declaration) { label(d, nil) }) })
}
