package bench

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ngoctl/ngoctl/daemon"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// talkOrg is the organisation that a seeded folder has.
const talkOrg = "bench"

// Seed fills a data folder with people, their messages and gifts, for measuring by hand and by Read. The folder is kept; one that
// was filled before is left as it is. It fails with Conflict for a folder that holds something else.
func Seed(ctx context.Context, dir string, o Options) (Report, error) {
	o = o.defaults()
	if dir == "" {
		return Report{}, &ngo.Error{Code: ngo.Invalid, Message: "a folder to fill is missing", Hint: "name it with --data"}
	}
	r := newReport("seed", "a data folder with people who write in three languages, kept in "+dir)
	r.Given = Figures{{"people", float64(o.People)}, {"messages", float64(o.Messages)}, {"gifts", float64(o.Gifts)}}
	done := filepath.Join(dir, "seeded")
	if _, err := os.Stat(done); err == nil {
		o.say("the folder was filled before")
		return r, nil
	}
	if _, err := os.Stat(filepath.Join(dir, "config.toml")); !errors.Is(err, fs.ErrNotExist) {
		return r, &ngo.Error{Code: ngo.Conflict, Message: dir + " is in use, or was not filled to the end", Hint: "name an empty folder"}
	}
	if err := daemon.Init(ctx, daemon.InitOptions{Dir: dir, Org: talkOrg, Name: "Bench Trust", Listen: "127.0.0.1:0", TLS: "off"}); err != nil {
		return r, err
	}
	begin := time.Now()
	if err := fillTalk(ctx, dir, o); err != nil {
		return r, err
	}
	r.Measured.add("seconds", time.Since(begin).Seconds())
	if info, err := os.Stat(filepath.Join(dir, "orgs", talkOrg, "org.db")); err == nil {
		r.Measured.add("file_mb", mb(info.Size()))
	}
	return r, os.WriteFile(done, nil, 0o600)
}

// openTalk opens the store of a seeded folder, of which nobody else may have hold.
func openTalk(ctx context.Context, dir string) (*store.Store, *store.Org, error) {
	keys, err := seal.LoadRing(dir)
	if err != nil {
		return nil, nil, err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir, Engine: sqlite.Open, Keys: keys})
	if err != nil {
		return nil, nil, err
	}
	org, err := s.Org(ctx, talkOrg)
	if err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s, org, nil
}

func fillTalk(ctx context.Context, dir string, o Options) (err error) {
	s, org, err := openTalk(ctx, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	told := time.Now()
	err = seed.Talk(ctx, org, seed.TalkOptions{People: o.People, Messages: o.Messages, Settings: nowhere, Progress: func(people, messages int) {
		if time.Since(told) > time.Second {
			o.say("%d people, %d messages", people, messages)
			told = time.Now()
		}
	}})
	if err == nil && o.Gifts > 0 {
		o.say("%d gifts", o.Gifts)
		err = seed.Fill(ctx, org, seed.Options{Gifts: o.Gifts, People: o.Gifts})
	}
	if err == nil {
		err = seed.Search(ctx, org)
	}
	if err == nil {
		err = org.Checkpoint(ctx)
	}
	return err
}

// nowhere has the channels of a seeded folder usable, so that lists have their windows, and lets nothing leave this box.
func nowhere(driver string) (settings, secrets map[string]string) {
	if driver == "email" {
		return map[string]string{"smtp": discard, "from": "office@example.org"}, nil
	}
	return map[string]string{"phone-number-id": numberOf(0), "base-url": "http://" + discard + "/v26.0"},
		map[string]string{"app-secret": secret, "verify-token": "bench", "token": "bench"}
}

// discard is an address at which nobody answers.
const discard = "127.0.0.1:9"
