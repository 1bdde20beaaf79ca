package main

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/capability-operator/capability-operator/api/v1alpha1"
	"github.com/capability-operator/capability-operator/capability"
)

// watched is an observer of one object, whose tokens live for a minute.
type watched struct {
	*observer
	t      *testing.T
	object *object
	began  time.Time
}

func watchOne(t *testing.T) *watched {
	t.Helper()
	own := &account{namespace: "support", sid: aSID, auth: []string{aKey}}
	o := &object{
		key: types.NamespacedName{Namespace: "support", Name: "client-00000"}, tenant: &tenant{namespace: "support", account: own}, ttl: time.Minute,
	}
	objects := newRegistry()
	objects.add(o)
	o.since = o.since.Truncate(time.Second)
	found := &findings{begun: o.since, say: func(string, ...any) {}}
	return &watched{observer: newObserver(nil, objects, []*account{own}, found), t: t, object: o, began: o.since}
}

// shows has the observer see a Secret so long after the beginning.
func (w *watched) shows(after time.Duration, raw string) {
	w.saw(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.object.key.Namespace, Name: w.object.key.Name},
		Data:       map[string][]byte{v1alpha1.DefaultTokenKey: []byte(raw)},
	}, w.began.Add(after))
}

// issued is a token that was issued so long after the beginning.
func (w *watched) issued(after, lifetime time.Duration, key string) string {
	w.t.Helper()
	at := w.began.Add(after)
	raw, err := capability.Mint(capability.Token{
		AccountSID: aSID, Grant: capability.Grant{ClientName: "tommy", Incoming: true}, IssuedAt: at, ExpiresAt: at.Add(lifetime),
	}, key)
	if err != nil {
		w.t.Fatal(err)
	}
	return raw
}

func TestEachTokenIsCountedForWhatItIs(t *testing.T) {
	w := watchOne(t)
	w.shows(time.Second, w.issued(time.Second, time.Minute, aKey))
	w.shows(30*time.Second, w.issued(30*time.Second, time.Minute, aKey)) // due
	w.shows(31*time.Second, w.issued(30*time.Second, time.Minute, aKey)) // the same, seen again
	w.shows(35*time.Second, w.issued(35*time.Second, time.Minute, aKey)) // not due
	w.shows(40*time.Second, writtenByHand)
	w.shows(41*time.Second, w.issued(41*time.Second, time.Minute, aKey))
	w.sawEnd(w.object.key, w.began.Add(50*time.Second))
	w.shows(53*time.Second, w.issued(53*time.Second, time.Minute, aKey))
	got := w.counted()
	want := tally{first: 1, slowestFirst: time.Second, renewed: 1, reissued: 1, mended: 2, slowestMend: 3 * time.Second}
	if got != want {
		t.Errorf("counted %+v, not %+v", got, want)
	}
	if found := w.findings.list(); len(found) != 0 {
		t.Errorf("found %q", found)
	}
}

func TestAFalseTokenIsFound(t *testing.T) {
	for name, raw := range map[string]func(*watched) string{
		"signed by nobody's credential": func(w *watched) string { return w.issued(0, time.Minute, another) },
		"for another time":              func(w *watched) string { return w.issued(0, time.Hour, aKey) },
		"no token at all":               func(*watched) string { return "tommy" },
	} {
		t.Run(name, func(t *testing.T) {
			w := watchOne(t)
			w.shows(0, raw(w))
			if got := w.counted(); got.foreign != 1 || len(w.findings.list()) != 1 {
				t.Errorf("counted %+v, found %q", got, w.findings.list())
			}
		})
	}
}

func TestATokenAtItsEndIsASuspectUnlessItsObjectIsGone(t *testing.T) {
	w := watchOne(t)
	raw := w.issued(0, time.Minute, aKey)
	w.shows(0, raw)
	if suspects := w.judge(w.began.Add(59 * time.Second)); len(suspects) != 0 {
		t.Error("it is a suspect before its end")
	}
	if suspects := w.judge(w.began.Add(60 * time.Second)); suspects[w.object.key] != raw {
		t.Error("it is no suspect at its end")
	}
	if got := w.counted(); got.least != 0 || !got.measured {
		t.Errorf("the least that was left is %s", got.least)
	}
	w.objects.remove(w.object)
	if suspects := w.judge(w.began.Add(61 * time.Second)); len(suspects) != 0 {
		t.Error("it is a suspect though its object is gone")
	}
}

func TestAnObjectWithoutATokenForTooLongIsFoundOnce(t *testing.T) {
	w := watchOne(t)
	for _, after := range []time.Duration{0, patience, patience + time.Second, patience + 2*time.Second} {
		w.judge(w.began.Add(after))
	}
	if found := w.findings.list(); len(found) != 1 {
		t.Errorf("found %q", found)
	}
}

func TestARotationIsSeenThroughToTheLastToken(t *testing.T) {
	w := watchOne(t)
	own := w.accounts[0]
	w.shows(0, w.issued(0, time.Minute, aKey))
	own.auth = append(own.auth, another)
	own.rotated = w.began.Add(10 * time.Second)
	w.followRotations(w.began.Add(11 * time.Second))
	if got := w.counted(); got.rotations != 0 {
		t.Error("it is over though the token is signed with the former AuthToken")
	}
	w.shows(12*time.Second, w.issued(12*time.Second, time.Minute, another))
	w.followRotations(w.began.Add(12 * time.Second))
	w.followRotations(w.began.Add(13 * time.Second))
	if got := w.counted(); got.rotations != 1 || got.slowestRotation != 2*time.Second {
		t.Errorf("counted %+v", got)
	}
	own.auth = append(own.auth, aKey+"00")
	own.rotated = w.began.Add(20 * time.Second)
	w.followRotations(w.began.Add(20*time.Second + patience))
	if found := w.findings.list(); len(found) != 1 {
		t.Errorf("of a rotation that does not end: found %q", found)
	}
}

func TestLatenessIsThatOfTheMostUrgent(t *testing.T) {
	w := watchOne(t)
	if _, without := w.lateness(w.began); without != 1 {
		t.Errorf("%d are without a token", without)
	}
	w.shows(0, w.issued(0, time.Minute, aKey))
	for after, want := range map[time.Duration]time.Duration{20 * time.Second: 0, 30 * time.Second: 0, 34 * time.Second: 4 * time.Second} {
		if overdue, without := w.lateness(w.began.Add(after)); overdue != want || without != 0 {
			t.Errorf("after %s it is %s late, %d without", after, overdue, without)
		}
	}
}
