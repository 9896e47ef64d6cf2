package bench

import (
	"context"
	"errors"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/sqlite"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// seed puts the asked number of finished gifts, each with its receipt, into the first organisation. It goes the way of
// the store, with roll-ups and trail, but not through webhook and workers.
func (f *field) seed(ctx context.Context) error {
	if f.o.Gifts == 0 {
		return nil
	}
	f.o.say("making %d gifts", f.o.Gifts)
	keys, err := seal.LoadRing(f.dir)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: f.dir, Engine: sqlite.Open, Keys: keys})
	if err != nil {
		return err
	}
	o, err := s.Org(ctx, f.orgs[0])
	if err == nil {
		err = storetest.Seed(ctx, o, storetest.SeedOptions{Gifts: f.o.Gifts})
	}
	return errors.Join(err, s.Close())
}
