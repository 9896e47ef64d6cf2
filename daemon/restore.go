package daemon

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/ngoctl/ngoctl/daemon/backup"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// RestoreOptions says where a backup goes and what opens it: the text of an age identity file, or a passphrase.
type RestoreOptions struct {
	Dir        string
	KeyFile    string
	Passphrase string
}

// Restored says what Restore put back.
type Restored struct {
	Files   int    `json:"files"`
	Bytes   int64  `json:"bytes"`
	Created string `json:"created_at"`       // when the backup was made
	Bucket  string `json:"bucket,omitempty"` // where files are that the backup did not hold
}

// Restore puts a backup into a folder that is missing or empty. Nothing stands there before every file's digest and
// every trail was found right. Codes: Conflict when the folder holds something, Denied when the key is another, Invalid
// when the backup is damaged.
func Restore(ctx context.Context, r io.Reader, o RestoreOptions) (Restored, error) {
	ids, err := backup.Identities(o.KeyFile, o.Passphrase)
	if err != nil {
		return Restored{}, err
	}
	out, err := backup.Restore(ctx, r, ids, o.Dir, checkFolder)
	return Restored{Files: len(out.Manifest.Files), Bytes: out.Bytes, Created: out.Manifest.Created, Bucket: out.Manifest.Bucket}, err
}

// checkFolder opens every database of a folder and walks its trail.
func checkFolder(ctx context.Context, dir string) (err error) {
	keys, err := seal.LoadRing(dir)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Engine: sqlite.Open, Keys: keys})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := whole(s.VerifyAudit(ctx)); err != nil {
		return fmt.Errorf("the appliance: %w", err)
	}
	orgs, err := s.Orgs(ctx)
	if err != nil {
		return err
	}
	for _, info := range orgs {
		o, err := s.Org(ctx, info.Slug)
		if err != nil {
			return err
		}
		if err := whole(o.VerifyAudit(ctx)); err != nil {
			return fmt.Errorf("%s: %w", info.Slug, err)
		}
	}
	return nil
}

func whole(r store.AuditReport, err error) error {
	if err != nil || r.Whole() {
		return err
	}
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("the trail is broken at line %d: %s", r.Seq, r.Reason), Hint: "take an earlier backup"}
}
