package issuance_test

import (
	"time"

	"github.com/capability-operator/capability-operator/issuance"
)

// populate makes the accounts, and the objects: most of them at the same
// moment, the others in the first half of the world.
func (w *world) populate() {
	for range max(1, w.scope.objects/8) {
		good := w.newCredentials()
		now := credentials{version: w.nextVersion(), facts: good, usable: true}
		w.accounts = append(w.accounts, &account{truth: now, seen: now, good: good})
	}
	for i := range w.scope.objects {
		if i%5 < 3 {
			w.create()
			continue
		}
		w.after(w.upTo(w.end/2), w.create)
	}
}

func (w *world) create() {
	o := &object{account: w.accounts[w.rng.IntN(len(w.accounts))], born: w.now}
	o.truthSecret = &secret{version: w.nextVersion(), gone: true}
	o.seenSecret = o.truthSecret
	o.badFrom, o.badWall = w.now, w.wall()
	o.settled = w.now
	o.truthDecl = w.newDeclaration()
	w.objects = append(w.objects, o)
	w.report.objects++
	w.rejudge(o)
	w.extend(o, reaction, 0)
	w.notifyOf(o, o.truthDecl)
}

// everything is all that can go wrong, at random: what befalls everyone, and
// accounts; trouble is what befalls one object alone.
func (w *world) everything() {
	scale := w.scale / time.Duration(max(1, w.haste))
	for _, fault := range []struct {
		name     string
		distance time.Duration // in the mean
		happens  func()
	}{
		{"API server down", 50 * scale, w.goDown},
		{"calls that fail", 40 * scale, w.goFlaky},
		{"watches cut", 60 * scale, func() { w.cutWatches(w.between(time.Second, 2*w.scale)) }},
		{"writes refused", 60 * scale, w.denyWrites},
		{"quota exceeded", 80 * scale, w.exceedQuota},
		{"manager killed", 40 * scale, w.restart},
		{"clock set forward", 100 * scale, func() { w.jump(w.between(time.Second, 24*time.Hour)) }},
		{"clock set back", 100 * scale, func() { w.jump(-w.between(time.Second, 24*time.Hour)) }},
	} {
		w.every(fault.distance, func() { w.report.faults[fault.name]++; fault.happens() })
	}
	for _, a := range w.accounts {
		w.every(80*scale, func() { w.troubleAccount(a) })
		w.every(50*scale, func() { w.rotate(a) })
	}
	w.every(30*scale/time.Duration(w.scope.objects), func() { w.trouble(w.anyObject()) })
}

func (w *world) anyObject() *object { return w.objects[w.rng.IntN(len(w.objects))] }

// goDown stops the API server for up to several lifetimes. Long lifetimes are
// spared the longest outages: each is a wait of a minute, times the objects.
func (w *world) goDown() {
	length := w.between(w.scale/20, min(6*w.scale, 3*time.Hour))
	w.report.outage = max(w.report.outage, length)
	w.report.outageLives = max(w.report.outageLives, float64(length)/float64(w.scale))
	w.spell(&w.down, length, func() {}, func() {
		if w.down > 0 {
			return
		}
		for _, o := range w.objects {
			w.extendForRetry(o, time.Minute)
		}
		w.resume()
		if w.starting {
			w.startManager()
		}
	})
}

func (w *world) goFlaky() {
	w.spell(&w.flaky, w.between(w.scale/10, 3*w.scale), func() {}, func() {})
}

func (w *world) cutWatches(length time.Duration) {
	w.spell(&w.cut, length, func() {}, func() {
		w.resume()
		for _, o := range w.objects {
			w.extend(o, reaction, 0)
		}
	})
}

func (w *world) denyWrites() { w.refuseWrites(&w.denied) }

func (w *world) exceedQuota() { w.refuseWrites(&w.full) }

func (w *world) refuseWrites(count *int) {
	w.spell(count, w.between(time.Second, min(3*w.scale, time.Hour)), func() {}, func() {
		for _, o := range w.objects {
			w.extendForRetry(o, 10*time.Second)
		}
	})
}

// restart kills the manager, now and then to have another at once.
func (w *world) restart() {
	if !w.manager {
		return
	}
	w.stopManager()
	pause := w.between(w.scale/100, 3*w.scale)
	if w.chance(0.3) {
		pause = 0
	}
	w.after(pause, w.startManager)
}

// troubleAccount makes the account unusable for a while. It may come back as it
// was or with other credentials.
func (w *world) troubleAccount(a *account) {
	if a.trouble {
		return
	}
	bad := a.good
	var name string
	switch w.rng.IntN(4) {
	case 0:
		name, bad = "account deleted or without its label", issuance.Account{SID: issuance.Credential{Key: a.good.SID.Key}, AuthToken: issuance.Credential{Key: a.good.AuthToken.Key}}
	case 1:
		name, bad.AuthToken.Value = "account without its AuthToken", ""
	case 2:
		name, bad.SID.Value = "account with a malformed SID", "account"
	default:
		name, bad.AuthToken.Value = "account with a malformed AuthToken", a.good.AuthToken.Value[:20]
	}
	w.report.faults[name]++
	a.trouble = true
	w.recredit(a, bad)
	w.after(w.between(w.scale/50, 4*w.scale), func() {
		if w.chance(0.3) {
			a.good.AuthToken.Value = w.hex(32)
		}
		a.trouble = false
		w.recredit(a, a.good)
	})
}

// rotate gives the account another AuthToken, or another SID as well, or another
// AuthToken for a moment only.
func (w *world) rotate(a *account) {
	before := a.good
	name := "AuthToken rotated"
	a.good.AuthToken.Value = w.hex(32)
	switch draw := w.rng.Float64(); {
	case draw < 0.2:
		name, a.good = "account replaced by another", w.newCredentials()
	case draw < 0.4 && !a.trouble:
		name = "AuthToken rotated and back"
		w.after(w.upTo(2*time.Second), func() {
			a.good = before
			if !a.trouble {
				w.recredit(a, a.good)
			}
		})
	}
	w.report.faults[name]++
	if !a.trouble {
		w.recredit(a, a.good)
	}
}
