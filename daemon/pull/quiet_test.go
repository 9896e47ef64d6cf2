package pull

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/whatsapp"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestHushed(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 30, 14, 0, 0, 0, time.UTC)
	busy := came(now, 28, 8, 12)
	for _, tt := range []struct {
		name   string
		came   map[time.Time]int
		silent time.Duration
		want   string
	}{
		{"busy, and just heard", busy, time.Hour, ""},
		{"busy, and silent for as long as usual", busy, 2 * time.Hour, ""},
		{"busy, and silent", busy, 7 * time.Hour, "No webhook has come for 7 hours: the longest silence at this time of the day is usually 2 hours."},
		{"new, over a night", nil, 20 * time.Hour, ""},
		{"new, for days", nil, 80 * time.Hour, "No webhook has come for 3 days: that is long"},
	} {
		last := now.Add(-tt.silent)
		got := hushed(ngo.Health{LastWebhook: &last}, tt.came, now)
		if tt.want == "" && got != "" || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := hushed(ngo.Health{}, nil, now); got != "" {
		t.Errorf("of a channel that never heard: %q", got)
	}
}

func TestASilentChannelIsTold(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	st := storetest.Open(t, storetest.At(func() time.Time { return now }))
	storetest.AddOrg(t, st, "sevai")
	book, err := org.New(org.Options{Store: st, Channels: []channel.Driver{whatsapp.New()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(book.Close)
	o, err := book.Org(t.Context(), "sevai")
	if err != nil {
		t.Fatal(err)
	}
	chat := o.Store.NewAccount(ngo.Channel, "whatsapp", "whatsapp", map[string]string{"phone-number-id": "200300400500600"},
		map[string]string{"app-secret": "s", "verify-token": "v", "token": "t"})
	storetest.Write(t, o.Store, func(tx *store.Tx) error { return tx.AddAccount(chat) })
	for n := range 21 * 24 {
		now = now.Add(time.Hour)
		storetest.Write(t, o.Store, func(tx *store.Tx) error {
			_, err := tx.AddDelivery(o.Store.NewDelivery(chat.Account.ID, "", fmt.Appendf(nil, "%d", n)).Heard())
			return err
		})
	}
	keep := func(context.Context, *store.Org, ngo.BlobID, []byte) (store.Blob, error) { return store.Blob{}, nil }
	p, err := New(Options{Book: book, Keep: keep, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	alarm := func() (h ngo.Health) {
		channels, err := o.Channels(t.Context())
		if err == nil {
			err = p.overhear(t.Context(), o, channels[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		storetest.Read(t, o.Store, func(rx *store.Rx) (err error) { h, err = rx.Health(chat.Account.ID); return err })
		return h
	}
	now = now.Add(2 * time.Hour)
	if h := alarm(); h.Alarm != "" {
		t.Errorf("after two hours: %q", h.Alarm)
	}
	now = now.Add(2 * time.Hour)
	if h := alarm(); !strings.HasPrefix(h.Alarm, silenceAlarm) || h.AlarmSince == nil {
		t.Errorf("after four hours of silence, where each hour had a message: %+v", h)
	}
	storetest.Write(t, o.Store, func(tx *store.Tx) error {
		_, err := tx.AddDelivery(o.Store.NewDelivery(chat.Account.ID, "", []byte("again")).Heard())
		return err
	})
	if h := alarm(); h.Alarm != "" {
		t.Errorf("once one came: %q", h.Alarm)
	}
	grave := ngo.Health{Alarm: "Messages do not go out: the token has ended"}
	storetest.Write(t, o.Store, func(tx *store.Tx) error { return tx.SaveHealth(chat.Account.ID, grave) })
	now = now.Add(9 * time.Hour)
	if h := alarm(); h.Alarm != grave.Alarm {
		t.Errorf("a graver alarm became %q", h.Alarm)
	}
}
