package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

var (
	errProgram = errors.New("name one program to kill")
	errNone    = errors.New("no process of it was found")
)

// kill ends one process, as a fault would: it has no time to say goodbye. Of
// several it is the one with the lowest number, which as a rule has run for the
// longest. The pod must see the node's processes, and be of the same user.
func kill(args []string, out io.Writer) error {
	if len(args) != 1 {
		return errProgram
	}
	found, err := processes(args[0])
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return errNone
	}
	oldest := slices.Min(found)
	if err := syscall.Kill(oldest, syscall.SIGKILL); err != nil {
		return fmt.Errorf("killing process %d: %w", oldest, err)
	}
	fmt.Fprintf(out, "killed %s, process %d\n", args[0], oldest)
	return nil
}

func processes(program string) (found []int, err error) {
	all := os.DirFS("/proc")
	lines, err := fs.Glob(all, "[0-9]*/cmdline")
	if err != nil {
		return nil, err
	}
	for _, name := range lines {
		line, err := fs.ReadFile(all, name)
		if first, _, _ := bytes.Cut(line, []byte{0}); err != nil || string(first) != program {
			continue // or it has ended meanwhile
		}
		id, err := strconv.Atoi(strings.TrimSuffix(name, "/cmdline"))
		if err != nil {
			return nil, err
		}
		found = append(found, id)
	}
	return found, nil
}
