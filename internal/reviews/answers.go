package reviews

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/util/cache"
)

const (
	// permittedFor is how long a right holds that the API server confirmed, and so
	// how long it outlives its withdrawal at most.
	permittedFor = time.Minute
	// refusedFor is short, because who is granted a right tries again at once.
	refusedFor = 10 * time.Second
	// answersHeld bounds what callers can fill with tokens that they invent.
	answersHeld = 512
	// atOnce is how many questions the API server is asked at a time, whoever calls.
	// Who is known already waits for none of them.
	atOnce = 4
	// answerWithin is how long a caller waits for a place and for the answers.
	answerWithin = 8 * time.Second
)

// question is whether who sends the token may do this.
type question struct{ token, verb, path string }

// verdict is what the API server says to a question.
type verdict int

const (
	permitted verdict = iota
	// stranger: the API server does not know the token.
	stranger
	// refused: it does, and whose it is may not.
	refused
)

// answer is a verdict, and about whom where that is known.
type answer struct {
	verdict verdict
	user    string
}

// asker asks; an error means that nobody could tell.
type asker interface {
	ask(context.Context, question) (answer, error)
}

// answers are remembered, and asked for where they are not.
type answers struct {
	from   asker
	known  *cache.LRUExpireCache
	places chan struct{}
	// key makes the hashes of this process worthless elsewhere.
	key [sha256.Size]byte
}

func newAnswers(from asker) *answers {
	return newAnswersAt(from, cache.NewLRUExpireCache(answersHeld))
}

func newAnswersAt(from asker, known *cache.LRUExpireCache) *answers {
	a := &answers{from: from, known: known, places: make(chan struct{}, atOnce)}
	_, _ = rand.Read(a.key[:]) // it never returns an error
	return a
}

var errCrowded = errors.New("too many callers whom nobody knows yet wait to be told who they are")

func (a *answers) of(ctx context.Context, q question) (answer, error) {
	name := a.name(q)
	if found, ok := a.known.Get(name); ok {
		return found.(answer), nil
	}
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	select {
	case a.places <- struct{}{}:
		defer func() { <-a.places }()
	case <-ctx.Done():
		return answer{}, errCrowded
	}
	if found, ok := a.known.Get(name); ok { // who waited before this one asked the same
		return found.(answer), nil
	}
	given, err := a.from.ask(ctx, q)
	if err != nil {
		return answer{}, err
	}
	lasts := refusedFor
	if given.verdict == permitted {
		lasts = permittedFor
	}
	a.known.Add(name, given, lasts)
	return given, nil
}

// name stands for the question, and tells nothing of the token.
func (a *answers) name(q question) [sha256.Size]byte {
	hash := hmac.New(sha256.New, a.key[:])
	for _, part := range []string{q.verb, q.path, q.token} {
		_, _ = hash.Write([]byte(part)) // a hash.Hash never returns an error
		_, _ = hash.Write([]byte{0})    // which none of the three can hold
	}
	return [sha256.Size]byte(hash.Sum(nil))
}
