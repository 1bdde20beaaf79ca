package sightings

import "time"

// What a line is about.
const (
	// Token is a token that was not there at the read before.
	Token = "token"
	// Expired, Empty, Torn and Missing are what must never be read once a token
	// was; each is said once until something else is read.
	Expired = "expired"
	Empty   = "empty"
	Torn    = "torn"
	Missing = "missing"
	// Counted says nothing but the counts.
	Counted = "counted"
)

// Line is one line of the log.
type Line struct {
	Event string    `json:"event"`
	At    time.Time `json:"at"`

	// IssuedAt and ExpiresAt are the token's that this line is about.
	IssuedAt  time.Time `json:"issuedAt,omitzero"`
	ExpiresAt time.Time `json:"expiresAt,omitzero"`
	// Age and Remaining are the token's when it was seen, in seconds.
	Age       float64 `json:"age,omitempty"`
	Remaining float64 `json:"remaining,omitempty"`
	// Former is what the token before it had left when it was last read, in
	// seconds.
	Former float64 `json:"former,omitempty"`

	// Detail says what is torn.
	Detail string `json:"detail,omitempty"`

	Counts Counts `json:"counts"`
}

// Counts are of all reads so far.
type Counts struct {
	Reads   int `json:"reads"`
	Tokens  int `json:"tokens"` // different ones
	Expired int `json:"expired"`
	Empty   int `json:"empty"`
	Torn    int `json:"torn"`
	Missing int `json:"missing"`
	// LeastRemaining is the shortest life that any token had left when it was
	// read, in seconds; it is negative where one had expired.
	LeastRemaining float64 `json:"leastRemaining"`
}

// Bad is how many reads gave an application nothing to work with.
func (c Counts) Bad() int { return c.Expired + c.Empty + c.Torn + c.Missing }
