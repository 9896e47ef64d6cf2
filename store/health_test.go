package store_test

import (
	"maps"
	"reflect"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func healthOf(t testing.TB, o *store.Org, id ngo.AccountID) (h ngo.Health) {
	t.Helper()
	storetest.Read(t, o, func(r *store.Rx) (err error) {
		h, err = r.Health(id)
		return err
	})
	return h
}

func TestHealthIsReadBackAsSaved(t *testing.T) {
	t.Parallel()
	c := newClock()
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	if got := healthOf(t, o, account); got != (ngo.Health{}) {
		t.Errorf("before anything: %+v", got)
	}
	deliver(t, o, "first")
	c.pass(time.Hour)
	deliver(t, o, "last")
	came := c.Now()
	c.pass(time.Hour)
	storetest.Write(t, o, func(tx *store.Tx) error { // what was asked for is no webhook
		_, err := tx.AddDelivery(o.NewDelivery(account, "", []byte("asked")).Polled())
		return err
	})
	polled, from, since := c.Now(), came.Add(-time.Hour), came.Add(time.Minute)
	want := ngo.Health{LastWebhook: &came, LastPoll: &polled, PolledFrom: &from, PolledTo: &polled, Seen: 12, Found: 3,
		PollError: "no answer", Alarm: "webhooks do not arrive", AlarmSince: &since}
	refused := c.Now()
	want.Refused, want.LastRefused = 3, &refused
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.Refused(account, 3) })
	for range 3 {
		storetest.Write(t, o, func(tx *store.Tx) error { return tx.SaveHealth(account, want) })
	}
	if got := healthOf(t, o, account); !reflect.DeepEqual(got, want) {
		t.Errorf("Health = %+v\nwant %+v", got, want)
	}
	want.Alarm, want.AlarmSince, want.PollError = "", nil, ""
	storetest.Write(t, o, func(tx *store.Tx) error { return tx.SaveHealth(account, want) })
	if got := healthOf(t, o, account); !reflect.DeepEqual(got, want) {
		t.Errorf("Health = %+v\nwant %+v", got, want)
	}
	lines := 0
	storetest.Read(t, o, func(r *store.Rx) error {
		trail, _, err := r.Audit(store.ListQuery{Limit: 100})
		for _, l := range trail {
			if l.Action == "gateway.alarm" {
				lines++
			}
		}
		return err
	})
	if lines != 2 {
		t.Errorf("the trail has %d lines on the alarm; want one when it rose and one when it fell", lines)
	}
	checkWhole(t, o)
}

func TestHoursOfWebhooks(t *testing.T) {
	t.Parallel()
	c := newClock() // on the hour
	o := storetest.Org(t, storetest.At(c.Now))
	account := storetest.Gateway(t, o).ID
	start := c.Now()
	for i, after := range []time.Duration{0, 59 * time.Minute, time.Minute, 3 * time.Hour} {
		c.pass(after)
		deliver(t, o, string(rune('a'+i)))
	}
	storetest.Write(t, o, func(tx *store.Tx) error {
		_, err := tx.AddDelivery(o.NewDelivery(account, "", []byte("asked")).Polled())
		return err
	})
	for since, want := range map[time.Time]map[time.Time]int{
		start:                      {start: 2, start.Add(time.Hour): 1, start.Add(4 * time.Hour): 1},
		start.Add(1):               {start: 2, start.Add(time.Hour): 1, start.Add(4 * time.Hour): 1}, // less than is stored
		start.Add(time.Minute):     {start: 1, start.Add(time.Hour): 1, start.Add(4 * time.Hour): 1},
		start.Add(5 * time.Hour):   {},
		start.Add(100 * time.Hour): {},
	} {
		storetest.Read(t, o, func(r *store.Rx) error {
			got, err := r.WebhookHours(account, since)
			if !maps.Equal(got, want) {
				t.Errorf("since %v: %v; want %v", since, got, want)
			}
			return err
		})
	}
	storetest.Read(t, o, func(r *store.Rx) error {
		got, err := r.WebhookHours("acc_other", start)
		if len(got) != 0 {
			t.Errorf("of another account: %v", got)
		}
		return err
	})
}
