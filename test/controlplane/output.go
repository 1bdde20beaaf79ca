package controlplane

import (
	"io"
	"sync"
)

// keptOutput is how much of what the programs printed last an error quotes.
const keptOutput = 4 << 10

// output gathers what several programs print at once.
type output struct {
	mu   sync.Mutex
	to   io.Writer
	kept []byte
}

func newOutput(to io.Writer) *output {
	if to == nil {
		to = io.Discard
	}
	return &output{to: to}
}

func (o *output) Write(printed []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.kept = append(o.kept, printed...)
	if excess := len(o.kept) - keptOutput; excess > 0 {
		o.kept = append(o.kept[:0], o.kept[excess:]...)
	}
	return o.to.Write(printed)
}

func (o *output) tail() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.kept) == 0 {
		return ""
	}
	return "; the programs' last output:\n" + string(o.kept)
}
