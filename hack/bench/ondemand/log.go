package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// keptOutput is how much of what the token server printed last, beside audit lines, an error quotes.
const keptOutput = 4 << 10

// log is the file that the token server logs into. What has been read goes, so that it stays small.
type log struct {
	file   *os.File
	tokens int // logged as handed out, as far as has been read
	kept   []byte
}

func newLog() (*log, error) {
	file, err := os.CreateTemp("", "capability-operator-bench-*.log")
	if err != nil {
		return nil, fmt.Errorf("making a file for the token server's log: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("making a file for the token server's log: %w", err)
	}
	// Each line goes to where the end is, also after what had been read has gone.
	appended, err := os.OpenFile(file.Name(), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening the token server's log: %w", err), os.Remove(file.Name()))
	}
	return &log{file: appended}, nil
}

func (l *log) close() error { return errors.Join(l.file.Close(), os.RemoveAll(l.file.Name())) }

// The two parts of the audit line of a token that was handed out.
var (
	auditLine = []byte(`"Token requested"`)
	granted   = []byte(`"granted"`)
)

// read counts the audit lines that have come. Nothing must be asked of the token server meanwhile.
func (l *log) read() error {
	if _, err := l.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("reading the token server's log: %w", err)
	}
	content, err := io.ReadAll(l.file)
	if err != nil {
		return fmt.Errorf("reading the token server's log: %w", err)
	}
	for line := range bytes.Lines(content) {
		switch {
		case !bytes.Contains(line, auditLine):
			l.kept = append(l.kept, line...)
		case bytes.Contains(line, granted):
			l.tokens++
		}
	}
	if excess := len(l.kept) - keptOutput; excess > 0 {
		l.kept = append([]byte(nil), l.kept[excess:]...)
	}
	if err := l.file.Truncate(0); err != nil {
		return fmt.Errorf("emptying the token server's log: %w", err)
	}
	return nil
}

func (l *log) String() string {
	if err := l.read(); err != nil {
		return err.Error()
	}
	return "the last that it said, audit lines left out:\n" + string(l.kept)
}
