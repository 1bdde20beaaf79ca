package consuming_test

import (
	"encoding/binary"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/capability-operator/capability-operator/capability"
)

func TestAWatchOnTheDirectoryHearsOfEachVersionAndOneOnTheFileOfNoneAfterTheFirst(t *testing.T) {
	mounted := newMount(t)
	token, expiresAt := mint(t, capability.TypeAccess, 0, time.Hour)
	mounted.holds(token, expiresAt)
	directory := watch(t, mounted.path)
	file := watch(t, filepath.Join(mounted.path, "token"))

	for _, version := range []string{"second", "third"} {
		mounted.holds(token, expiresAt)
		if !slices.Contains(heard(t, directory, unix.IN_MOVED_TO), "..data") {
			t.Errorf("of the %s version, the watch on the directory heard nothing", version)
		}
		told := heard(t, file, unix.IN_ALL_EVENTS)
		if version == "second" && len(told) == 0 {
			t.Error("the watch on the file heard nothing of its deletion")
		}
		if version == "third" && len(told) > 0 {
			t.Error("the watch on the file heard of the third version, so the page is wrong")
		}
	}
}

func watch(t *testing.T, path string) (descriptor int) {
	t.Helper()
	descriptor, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := unix.Close(descriptor); err != nil {
			t.Error(err)
		}
	})
	if _, err := unix.InotifyAddWatch(descriptor, path, unix.IN_ALL_EVENTS); err != nil {
		t.Fatal(err)
	}
	return descriptor
}

// heard gives the names in what has been told so far and is of this kind. The kernel queues events before the call that
// causes them returns, so there is nothing to wait for.
func heard(t *testing.T, descriptor int, kind uint32) (names []string) {
	t.Helper()
	const head = unix.SizeofInotifyEvent
	queued := make([]byte, 1<<16)
	length, err := unix.Read(descriptor, queued)
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for queued = queued[:length]; len(queued) >= head; {
		mask, size := binary.NativeEndian.Uint32(queued[4:]), int(binary.NativeEndian.Uint32(queued[12:]))
		if mask&kind != 0 {
			names = append(names, strings.TrimRight(string(queued[head:head+size]), "\x00"))
		}
		queued = queued[head+size:]
	}
	return names
}
