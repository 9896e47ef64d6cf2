package pull

import (
	"context"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// Templates are asked for when a channel is first seen and then once a night, whatever happens in between.
func TestTemplatesAreAskedForEachNight(t *testing.T) {
	t.Parallel()
	st := storetest.Open(t)
	storetest.AddOrg(t, st, "sevai")
	pond := newPond()
	book, err := org.New(org.Options{Store: st, Channels: []channel.Driver{whatsapp.New(), pond}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	o, err := book.Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	chat := o.Store.NewAccount(ngo.Channel, "whatsapp", "whatsapp", map[string]string{"phone-number-id": "200300400500600", "waba-id": "7"},
		map[string]string{"app-secret": "s", "verify-token": "v", "token": "t"})
	none := o.Store.NewAccount(ngo.Channel, "pond", "mail", nil, nil)
	storetest.Write(t, o.Store, func(tx *store.Tx) error {
		if err := tx.AddAccount(chat); err != nil {
			return err
		}
		return tx.AddAccount(none)
	})
	now := time.Date(2026, 11, 22, 6, 0, 0, 0, time.UTC)
	keep := func(context.Context, *store.Org, ngo.BlobID, []byte) (store.Blob, error) { return store.Blob{}, nil }
	p, err := New(Options{Book: book, Keep: keep, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	next := map[ngo.AccountID]time.Time{}
	for _, step := range []struct {
		pass time.Duration
		want int
	}{{0, 1}, {time.Hour, 1}, {12 * time.Hour, 1}, {8 * time.Hour, 2}, {time.Hour, 2}, {24 * time.Hour, 3}} {
		now = now.Add(step.pass)
		p.order(t.Context(), next)
		var jobs []ngo.Job
		storetest.Read(t, o.Store, func(rx *store.Rx) (err error) {
			jobs, _, err = rx.Jobs(store.JobQuery{})
			return err
		})
		if len(jobs) != step.want {
			t.Errorf("at %s %d errands were left, want %d", now, len(jobs), step.want)
		}
		for _, j := range jobs {
			if id, ok := ngo.TemplatesOf(j.Subject); !ok || id != chat.Account.ID {
				t.Errorf("the errand is %q, want the templates of %s", j.Subject, chat.Account.ID)
			}
		}
	}
}
