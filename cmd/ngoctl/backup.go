package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func backupCommand(t terminal) *cli.Command {
	passphrase := &cli.StringFlag{Name: "passphrase" + fileSuffix, Usage: "the passphrase stands in this `FILE`"}
	return group(&cli.Command{
		Name: "backup", Category: categoryWatch, Usage: "everything in one sealed file, and back",
		Subcommands: []*cli.Command{
			{
				Name: "create", Usage: "write a backup of the whole data folder", ArgsUsage: "FILE", Action: onAppliance(t, backupCreate),
				UsageText: "ngoctl backup create /mnt/usb/ngoctl.backup\n" +
					"ngoctl backup create /mnt/usb/ngoctl.backup --passphrase-file words.txt --yes\n" +
					"ngoctl backup create - --recipient age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p | ssh elsewhere 'cat > ngoctl.backup'",
				Description: "Works while the daemon does. Without the passphrase or the key nobody can open it: keep that away from this machine.\n" +
					"A file that is there already is kept unless you add --yes; it is replaced only when the new one is complete.",
				Flags: []cli.Flag{
					passphrase,
					&cli.StringSliceFlag{Name: "recipient", Usage: "seal it for this age `KEY` (age1…, from age-keygen) instead; may be repeated"},
				},
			},
			{
				Name: "restore", Usage: "put a backup into a new folder", ArgsUsage: "FILE", Action: invoke(t, backupRestore),
				UsageText:   "ngoctl backup restore ngoctl.backup --data /srv/ngo --passphrase-file words.txt\nngoctl backup restore ngoctl.backup --data /srv/ngo --key-file key.txt",
				Description: "Every file and every trail is checked before anything stands there. A folder that holds something is never touched.",
				Flags:       []cli.Flag{passphrase, &cli.StringFlag{Name: "key" + fileSuffix, Usage: "the age identity stands in this `FILE`"}},
			},
		},
	})
}

// backedUp tells what became of a backup.
type backedUp struct {
	Path   string `json:"path"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	Bucket string `json:"bucket,omitempty"` // of which nothing is in it
}

func backupCreate(ctx context.Context, c *call, s session) error {
	path := c.arg(0)
	if path == "-" && (c.term.outTTY || c.format == forMachines) {
		return usage("a backup cannot be written here", "give a FILE, or pipe it without --json: … - | ssh elsewhere 'cat > ngoctl.backup'")
	}
	if path != "-" {
		if err := c.mayReplace(path); err != nil {
			return err
		}
	}
	b := api.BackupRequest{Recipients: c.flags.StringSlice("recipient")}
	if len(b.Recipients) == 0 {
		var err error
		if b.Passphrase, err = c.secretGiven("Passphrase", "passphrase", true); err != nil {
			return err
		}
	}
	if path == "-" {
		return s.CreateBackup(ctx, b, c.term.out)
	}
	out, err := c.backUpTo(ctx, s, b, path)
	if err != nil {
		return err
	}
	st, err := s.Status(ctx)
	if err != nil {
		return err
	}
	out.Bucket = st.Bucket
	if out.Bucket != "" {
		defer c.note("\nWhat lies in the bucket %s is not in it: see that the bucket keeps versions, or is copied too.", out.Bucket)
	}
	return c.record(out, record{title: "The backup is complete", fields: []field{{"path", out.Path}, {"size", size(out.Size)}, {"sha256", out.SHA256}}})
}

// backUpTo writes a file that has its name only once it is whole and on disk.
func (c *call) backUpTo(ctx context.Context, s session, b api.BackupRequest, path string) (out backedUp, err error) {
	f, err := draftOf(path)
	if err != nil {
		return out, err
	}
	defer os.Remove(f.Name()) // nothing is left to remove once it has its name
	told := c.progress()
	meter := &meter{w: f, sum: sha256.New(), told: told}
	err = s.CreateBackup(ctx, b, meter)
	told.end()
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return out, err
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return out, fmt.Errorf("write backup: %w", err)
	}
	return backedUp{Path: path, Size: meter.n, SHA256: hex.EncodeToString(meter.sum.Sum(nil))}, nil
}

// A meter counts and digests what is written through it, and tells how far it is.
type meter struct {
	w    io.Writer
	sum  hash.Hash
	n    int64
	told *progress
}

func (m *meter) Write(b []byte) (int, error) {
	n, err := m.w.Write(b)
	m.sum.Write(b[:n])
	m.n += int64(n)
	m.told.sometimes(func() string { return "writing the backup … " + shownSize(size(m.n)) })
	return n, err
}

func backupRestore(ctx context.Context, c *call) error {
	o, err := c.restoreOptions()
	if err != nil {
		return err
	}
	in := io.NopCloser(c.term.in)
	if path := c.arg(0); path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return &ngo.Error{Code: ngo.NotFound, Message: "the backup cannot be opened: " + ngo.Printable(err.Error()), Hint: "check the path and who may read it", Err: err}
		}
		in = f
	}
	defer in.Close()
	restored, err := patiently(c, "restoring and checking", func() (daemon.Restored, error) { return daemon.Restore(ctx, in, o) })
	if err != nil {
		return err
	}
	err = c.record(restored, record{title: "Restored and found right", fields: []field{
		{"data", o.Dir}, {"files", restored.Files}, {"size", size(restored.Bytes)}, {"created_at", restored.Created},
	}})
	if err != nil {
		return err
	}
	if restored.Bucket != "" {
		c.note("\nFiles that lay in the bucket %s are still there, and only there.", restored.Bucket)
	}
	c.next("ngoctl audit verify --data "+o.Dir, "ngoctl daemon --data "+o.Dir)
	return nil
}

func (c *call) restoreOptions() (daemon.RestoreOptions, error) {
	o := daemon.RestoreOptions{Dir: c.dataDir()}
	var err error
	if path := c.flags.String("key" + fileSuffix); path != "" {
		o.KeyFile, err = c.readSecret("key", path)
		return o, err
	}
	o.Passphrase, err = c.secretGiven("Passphrase", "passphrase", false)
	return o, err
}
