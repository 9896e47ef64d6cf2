package daemon

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// A message at which the program died again and again is said not to have gone as soon as the next one finds its job.
func TestAMessageWhoseJobIsParkedHasFailed(t *testing.T) {
	t.Parallel()
	b, o, _ := newBase(t)
	a := o.NewAccount(ngo.Channel, "whatsapp", "whatsapp", nil, nil)
	var id ngo.MessageID
	storetest.Write(t, o, func(tx *store.Tx) error {
		if err := tx.AddAccount(a); err != nil {
			return err
		}
		known := ngo.Identity{Kind: ngo.WhatsApp, Value: "919840012345"}
		person, _, _, err := tx.PersonFor(a.Account.ID, []ngo.Identity{known}, "Meena", "")
		if err != nil {
			return err
		}
		h, err := tx.Hear(store.NewIncoming{Account: a.Account.ID, Ref: "wamid.1", Kind: ngo.Chat, Person: person, Address: known, Renews: true, Text: "hello"})
		if err != nil {
			return err
		}
		m, _, err := tx.AddReply(store.NewReply{Conversation: h.Conversation.ID, Kind: ngo.MessageText, Text: "hello"})
		id = m.ID
		return err
	})
	for range 4 {
		storetest.Write(t, o, func(tx *store.Tx) error { _, err := tx.Claim(ngo.LaneOutbound, 1, -time.Second); return err })
	}
	w, _, err := (&Daemon{o: Options{Config: DefaultConfig(), Now: time.Now, Log: slog.New(slog.DiscardHandler)}}).work(b, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	state := func() (s ngo.MessageState) {
		storetest.Read(t, o, func(rx *store.Rx) error {
			m, err := rx.Message(id)
			s = m.State
			return err
		})
		return s
	}
	deadline := time.Now().Add(20 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for ; state() != ngo.MessageFailed; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("the message is %s; want it not sent", state())
		}
	}
}
