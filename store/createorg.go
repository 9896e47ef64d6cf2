package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewOrg is an organisation to be made.
type NewOrg struct {
	Slug    string // a-z, 0-9 and dashes, at most 40 signs: it stands in paths and URLs
	Name    string
	Zone    string // IANA name; Asia/Kolkata when empty
	Profile ngo.Profile
}

var slugForm = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$`)

// CheckSlug tells whether slug can name an organisation. It fails with Invalid.
func CheckSlug(slug string) error {
	if slugForm.MatchString(slug) {
		return nil
	}
	return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q cannot be an organisation's short name", ngo.Printable(slug)), Hint: "use a-z, 0-9 and dashes, such as sevai-trust"}
}

func (n *NewOrg) check() error {
	if err := CheckSlug(n.Slug); err != nil {
		return err
	}
	if n.Name == "" {
		return &ngo.Error{Code: ngo.Invalid, Message: "an organisation needs a name", Hint: `--name "Sevai Trust"`}
	}
	if n.Zone == "" {
		n.Zone = "Asia/Kolkata"
	}
	if _, err := time.LoadLocation(n.Zone); err != nil {
		return &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is not a time zone", ngo.Printable(n.Zone)), Hint: "use a name such as Asia/Kolkata", Err: err}
	}
	return nil
}

// CreateOrg makes an organisation. Its folder is built under a temporary name, renamed, and only then entered in
// ngoctl.db: a crash leaves a folder that nobody asks for, never an entry without one. It fails with Invalid, or with
// Conflict when the slug is taken.
func (s *Store) CreateOrg(ctx context.Context, actor string, n NewOrg) (ngo.Org, error) {
	if err := n.check(); err != nil {
		return ngo.Org{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.orgInfo(ctx, n.Slug); err == nil {
		return ngo.Org{}, orgTaken(n.Slug)
	} else if ngo.CodeOf(err) != ngo.NotFound {
		return ngo.Org{}, err
	}
	now := instant(s.now())
	info := ngo.Org{ID: ngo.NewID[ngo.OrgID](now), Slug: n.Slug, Name: n.Name, Zone: n.Zone, Created: now}
	if err := s.buildOrg(ctx, actor, info, n.Profile); err != nil {
		return ngo.Org{}, fmt.Errorf("create organisation %s: %w", n.Slug, err)
	}
	return info, s.enterOrg(ctx, actor, info)
}

func orgTaken(slug string) error {
	return &ngo.Error{Code: ngo.Conflict, Message: "there is an organisation " + slug + " already", Hint: "ngoctl org show " + slug}
}

// buildOrg makes the folder and puts it in its place. A folder that lies there already was never entered, since the
// slug is free: a crash left it; it is moved aside, not removed.
func (s *Store) buildOrg(ctx context.Context, actor string, info ngo.Org, p ngo.Profile) error {
	temp := s.orgDir(".new-" + string(info.ID))
	if err := os.Mkdir(temp, 0o700); err != nil {
		return err
	}
	if err := s.fillOrg(ctx, actor, info, temp, p); err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	place := s.orgDir(info.Slug)
	err := os.Rename(place, s.orgDir(".left-"+info.Slug+"-"+string(info.ID)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Rename(temp, place); err != nil {
		return err
	}
	return errors.Join(syncDir(place), syncDir(filepath.Dir(place)), syncDir(s.dir))
}

func (s *Store) fillOrg(ctx context.Context, actor string, info ngo.Org, dir string, p ngo.Profile) error {
	o, err := s.openOrg(ctx, info, dir)
	if err != nil {
		return err
	}
	err = o.Write(ctx, Ack, actor, func(t *Tx) error { return t.writeProfile(nil, p, "") })
	return errors.Join(err, o.Checkpoint(ctx), o.engine.Close())
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

const insertOrg = `
insert into org (id, slug, name, zone, created)
values ($1, $2, $3, $4, $5)`

func (s *Store) enterOrg(ctx context.Context, actor string, info ngo.Org) error {
	return s.write(ctx, actor, func(t trail) error {
		_, err := t.exec("enter organisation", insertOrg, string(info.ID), info.Slug, info.Name, info.Zone, ngo.Stamp(info.Created))
		if err != nil {
			return err
		}
		t.audit("org.create", string(info.ID), nil, facts{{"slug", info.Slug}, {"name", info.Name}, {"zone", info.Zone}})
		t.changed("org", string(info.ID))
		return nil
	})
}

const orgColumns = `id, slug, name, zone, created`

func scanOrg(s scanner) (o ngo.Org, err error) {
	return o, s.Scan(&o.ID, &o.Slug, &o.Name, &o.Zone, at(&o.Created))
}

const (
	selectOrg = `
select ` + orgColumns + `
from org
where slug = $1`

	listOrgs = `
select ` + orgColumns + `
from org
order by slug`
)

func (s *Store) orgInfo(ctx context.Context, slug string) (o ngo.Org, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		o, err = get(c, "organisation", slug, scanOrg, selectOrg, slug)
		return err
	})
	return o, err
}

// Orgs lists the organisations by slug.
func (s *Store) Orgs(ctx context.Context) (orgs []ngo.Org, err error) {
	err = s.engine.Read(ctx, func(c Conn) error {
		orgs, err = all(c, "organisations", scanOrg, listOrgs)
		return err
	})
	return orgs, err
}
