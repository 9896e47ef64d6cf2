package bench

import (
	"context"
	"errors"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
	"github.com/ngoctl/ngoctl/store/seed"
	"github.com/ngoctl/ngoctl/store/sqlite"
)

// seed puts the asked number of finished gifts, each with its receipt, into the first organisation. It goes the way of
// the store, with roll-ups and trail, but not through webhook and workers.
func (f *field) seed(ctx context.Context) error {
	if f.o.Gifts == 0 && f.o.Jobs == 0 {
		return nil
	}
	f.o.say("making %d gifts, %d parked and %d later jobs", f.o.Gifts, f.o.Jobs, f.o.Jobs)
	keys, err := seal.LoadRing(f.dir)
	if err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{Dir: f.dir, Engine: sqlite.Open, Keys: keys})
	if err != nil {
		return err
	}
	laws, _, err := receipt.LoadLaws(nil)
	if err != nil {
		return errors.Join(err, s.Close())
	}
	o, err := s.Org(ctx, f.orgs[0])
	if err == nil && f.o.Gifts > 0 {
		err = seed.Fill(ctx, o, seed.Options{Gifts: f.o.Gifts, Print: papers(laws)})
	}
	for made := 0; made < f.o.Jobs && err == nil; made += jobsAtOnce {
		err = o.Write(ctx, store.Work, "bench", func(tx *store.Tx) error { return idleJobs(tx, min(jobsAtOnce, f.o.Jobs-made)) })
	}
	return errors.Join(err, s.Close())
}

// papers has made-up gifts receipted as those of the flow are.
func papers(laws receipt.Laws) func(ngo.Org, ngo.Profile, ngo.Donation, ngo.Payment) (seed.Paper, error) {
	return func(o ngo.Org, p ngo.Profile, d ngo.Donation, pay ngo.Payment) (seed.Paper, error) {
		f := receipt.Decide(laws.On(d.Given), receipt.Gift{Org: o, Profile: p, Donation: d, Payment: pay})
		printed, err := f.JSON()
		return seed.Paper{Law: f.Law, Tax: f.Tax, Printed: printed}, err
	}
}

// jobsAtOnce is how many jobs of each sort one write makes.
const jobsAtOnce = 500

// idleJobs makes n parked jobs and n that are due in a month.
func idleJobs(tx *store.Tx, n int) error {
	for range n {
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobDeliver, "bench", 0); err != nil {
			return err
		}
		if err := tx.Enqueue(ngo.LaneBulk, ngo.JobDeliver, "bench", 30*24*time.Hour); err != nil {
			return err
		}
	}
	jobs, err := tx.Claim(ngo.LaneBulk, n, time.Minute)
	if err != nil {
		return err
	}
	for _, j := range jobs {
		if err := tx.Park(j, "made for measuring"); err != nil {
			return err
		}
	}
	return nil
}
