package main

import (
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// tone says how much attention something deserves; on a terminal it is a colour.
type tone int

const (
	quiet  tone = iota // as expected
	good               // a token came in
	notice             // somebody did something
	bad                // the promise is at risk or broken
)

// event is one thing that happened, in words fit for a terminal.
type event struct {
	at     time.Time
	about  string // whom it happened to, as label writes it
	what   string // one or two words: renewed, re-issued
	detail string
	tone   tone
}

// label names an object as kubectl would be asked for it: the namespace is left out where it is kubectl's own default.
func label(key types.NamespacedName) string {
	if key.Namespace == "default" {
		return key.Name
	}
	return key.Namespace + "/" + key.Name
}
