package daemon

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/ingress"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// InitOptions is what a new data folder is made with. Dir, Org and Name are required; what is left empty gets its default.
type InitOptions struct {
	Dir string

	Org     string // short name of the first organisation
	Name    string
	Zone    string // IANA name; Asia/Kolkata
	Profile ngo.Profile

	Listen    string
	BaseURL   string
	Proxies   []string
	TLS       string // acme, files, internal, off; internal when others can reach Listen, else off
	Domains   []string
	EMail     string
	Directory string
	Cert, Key string

	Actor string           // for the audit trail: os:NAME; cli
	Now   func() time.Time // time.Now
}

func (o *InitOptions) config() Config {
	c := DefaultConfig()
	if o.Listen != "" {
		c.Listen = o.Listen
	}
	c.BaseURL, c.Proxies = o.BaseURL, o.Proxies
	c.TLS = TLSConfig{Mode: o.TLS, Domains: o.Domains, EMail: o.EMail, Directory: o.Directory, Cert: o.Cert, Key: o.Key}
	switch {
	case c.TLS.Mode != "":
	case ingress.Loopback(c.Listen):
		c.TLS.Mode = string(ingress.Off)
	default:
		c.TLS.Mode = string(ingress.Internal)
	}
	return c
}

// Init makes a data folder: its lock, the master key, the databases with the first organisation, and at last config.toml,
// which says that it is complete. No user is made: the folder's owner is admin on the socket. An init that was cut short
// is carried on by the next. It fails with Invalid when an option cannot be, and with Conflict when the folder is in use
// already or holds something else.
func Init(ctx context.Context, o InitOptions) (err error) {
	if o.Dir == "" || o.Org == "" || o.Name == "" {
		return &ngo.Error{Code: ngo.Invalid, Message: "a data folder needs a place and an organisation", Hint: `ngoctl init --data DIR --org sevai --name "Sevai Trust"`}
	}
	if o.Actor == "" {
		o.Actor = "cli"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	config := o.config()
	if err := config.Check(); err != nil {
		return err
	}
	made, err := makeFolder(o.Dir)
	if err != nil {
		return err
	}
	if err := o.fill(ctx, config); err != nil {
		if made {
			err = errors.Join(err, os.RemoveAll(o.Dir)) // nothing in it was there before us
		}
		return err
	}
	return nil
}

func (o *InitOptions) fill(ctx context.Context, config Config) (err error) {
	lock, err := lockFolder(ctx, o.Dir, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.release()) }()
	keys, err := seal.LoadRing(o.Dir)
	if ngo.CodeOf(err) == ngo.NotFound {
		keys, err = seal.CreateRing(o.Dir)
	}
	if err != nil {
		return err
	}
	if err := o.addOrg(ctx, keys); err != nil {
		return err
	}
	return WriteConfig(o.Dir, config)
}

func (o *InitOptions) addOrg(ctx context.Context, keys *seal.Ring) (err error) {
	s, err := store.Open(ctx, store.Options{Dir: o.Dir, Engine: sqlite.Open, Keys: keys, Now: o.Now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	_, err = s.CreateOrg(ctx, o.Actor, store.NewOrg{Slug: o.Org, Name: o.Name, Zone: o.Zone, Profile: o.Profile})
	if ngo.CodeOf(err) == ngo.Conflict {
		return nil // an init that was cut short had come that far
	}
	return err
}

// makeFolder makes the folder for its owner only, or takes one that is empty or that an earlier init left unfinished.
func makeFolder(dir string) (made bool, err error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return false, fmt.Errorf("make data folder: %w", err)
	}
	err = os.Mkdir(dir, 0o700)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, fmt.Errorf("make data folder: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return false, fmt.Errorf("look into data folder: %w", err)
	}
	for _, e := range entries {
		if e.Name() == configName {
			return false, &ngo.Error{Code: ngo.Conflict, Message: dir + " is a data folder already",
				Hint: "start it with: ngoctl daemon; add an organisation with: ngoctl org add"}
		}
		if !unfinished(e.Name()) {
			return false, &ngo.Error{Code: ngo.Conflict, Message: fmt.Sprintf("%s is not empty: it holds %s", dir, ngo.Printable(e.Name())),
				Hint: "choose a folder that does not exist yet"}
		}
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return false, fmt.Errorf("close data folder to others: %w", err)
	}
	return false, nil
}

// unfinished tells whether an init that was cut short may have left an entry of this name.
func unfinished(name string) bool {
	return slices.Contains([]string{"lock", "keys", "orgs"}, name) || strings.HasPrefix(name, "ngoctl.db") || strings.HasPrefix(name, ".new-")
}
