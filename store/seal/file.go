package seal

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// credential is the name of the systemd credential that may hold the master key instead of the file.
const credential = "ngoctl-master"

// Path gives the file of the master key in a data folder.
func Path(dir string) string { return filepath.Join(dir, "keys", "master.key") }

// LoadRing reads the master key of a data folder: from the systemd credential ngoctl-master when the service manager
// passed one, else from keys/master.key. It fails with NotFound when there is none, with Denied when others may read
// the file, and with Invalid when it is damaged.
func LoadRing(dir string) (*Ring, error) {
	if from := os.Getenv("CREDENTIALS_DIRECTORY"); from != "" {
		text, err := os.ReadFile(filepath.Join(from, credential))
		if err == nil {
			return parse(string(text), credential)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read credential %s: %w", credential, err)
		}
	}
	return loadFile(Path(dir))
}

func loadFile(path string) (*Ring, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &ngo.Error{Code: ngo.NotFound, Message: "there is no master key at " + path, Err: err,
			Hint: "if the key is a systemd credential, only the running daemon has it: systemctl start ngoctl; else restore the key from a backup, or start afresh with ngoctl init"}
	}
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, &ngo.Error{Code: ngo.Denied, Message: "others may read the master key at " + path, Hint: "chmod 600 " + path}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read master key: %w", err)
	}
	return parse(string(text), path)
}

func parse(text, from string) (*Ring, error) {
	raw, err := hex.DecodeString(strings.TrimSpace(text))
	if err != nil || len(raw) != 32 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the master key in " + from + " is damaged: it must be 64 hexadecimal signs",
			Hint: "restore it from a backup"}
	}
	return NewRing([32]byte(raw)), nil
}

// CreateRing makes a new master key in a data folder, on disk before it returns. It fails with Conflict when there is
// one already: a second key would make everything sealed with the first unreadable.
func CreateRing(dir string) (*Ring, error) {
	path := Path(dir)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("create key folder: %w", err)
	}
	var master [32]byte
	rand.Read(master[:])
	err := writeNew(path, hex.EncodeToString(master[:])+"\n")
	if errors.Is(err, fs.ErrExist) {
		return nil, &ngo.Error{Code: ngo.Conflict, Message: "there is a master key already at " + path,
			Hint: "keep it: everything sealed needs it", Err: err}
	}
	if err != nil {
		return nil, fmt.Errorf("write master key: %w", err)
	}
	return NewRing(master), nil
}

// writeNew writes a file that must not exist, and makes it and its name durable. The text goes to a second name first:
// a crash half-way leaves no half key under the right one.
func writeNew(path, text string) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // the link below has the other name
	_, err = f.WriteString(text)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil { // unlike a rename, refuses to replace
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
