package consuming_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/capability-operator/capability-operator/capability"
)

// mount is a directory as a kubelet makes one of a Secret: each version is a folder of its own, the link ..data leads to
// the present one, and each key is a link through that.
type mount struct {
	t       *testing.T
	path    string
	version int
}

func newMount(t *testing.T) *mount { return &mount{t: t, path: t.TempDir()} }

// holds swaps ..data to a version with these contents, and removes the former one.
func (m *mount) holds(token string, expiresAt time.Time) {
	m.t.Helper()
	m.version++
	name := fmt.Sprintf("..2026_11_28_12_00_00.%09d", m.version)
	m.must(os.Mkdir(filepath.Join(m.path, name), 0o755))
	former, err := os.Readlink(filepath.Join(m.path, "..data"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.t.Fatal(err)
	}
	for key, value := range map[string]string{"token": token, "expires-at": expiresAt.UTC().Format(time.RFC3339)} {
		m.must(os.WriteFile(filepath.Join(m.path, name, key), []byte(value), 0o600))
	}
	m.must(os.Symlink(name, filepath.Join(m.path, "..data_tmp")))
	m.must(os.Rename(filepath.Join(m.path, "..data_tmp"), filepath.Join(m.path, "..data")))
	if former != "" {
		m.must(os.RemoveAll(filepath.Join(m.path, former)))
		return
	}
	for _, key := range []string{"token", "expires-at"} {
		m.must(os.Symlink(filepath.Join("..data", key), filepath.Join(m.path, key)))
	}
}

func (m *mount) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// mint gives a token that lives from one time to another, both of them distances from now.
func mint(t *testing.T, kind capability.Type, from, to time.Duration) (token string, expiresAt time.Time) {
	t.Helper()
	now := time.Now().Truncate(time.Second)
	wanted := capability.Token{
		Type: kind, AccountSID: "AC0123456789abcdef0123456789abcdef",
		Grant:    capability.Grant{ClientName: "tommy", Incoming: true},
		IssuedAt: now.Add(from), ExpiresAt: now.Add(to),
	}
	if kind == capability.TypeAccess {
		wanted.KeySID = "SK0123456789abcdef0123456789abcdef"
	}
	token, err := capability.Mint(wanted, "abcdefghijklmnopqrstuvwxyzABCDEF")
	if err != nil {
		t.Fatal(err)
	}
	return token, wanted.ExpiresAt
}
