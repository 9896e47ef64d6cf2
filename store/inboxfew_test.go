package store_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// A list of few threads among many is put together in another way than one of many, and both hold the same.
func TestFewAmongManyAreListedAlike(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	second := d.o.NewAccount(ngo.Channel, "whatsapp", "second", nil, nil)
	d.do(func(tx *store.Tx) error { return tx.AddAccount(second) })
	start, n := d.Now(), 0
	write := func(account ngo.AccountID, threads int) {
		d.do(func(tx *store.Tx) error {
			for range threads {
				n++
				number := fmt.Sprint("9198765", 10000+n)
				p, _, _, err := tx.PersonFor(account, []ngo.Identity{{Kind: ngo.WhatsApp, Value: number}}, "", "")
				if err != nil {
					return err
				}
				m := d.says(p, "wamid."+number, "hello", start.Add(time.Duration(n*7%401)*time.Second))
				m.Account = account
				h, err := tx.Hear(m)
				if err == nil && n%3 == 0 {
					_, err = tx.MoveConversation(h.Conversation.ID, []ngo.ConversationState{ngo.ConversationClosed, ngo.ConversationSnoozed}[n%2])
				}
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	all := func() (out []ngo.Conversation) {
		for q := (store.ConversationQuery{State: store.StateAny, ListQuery: store.ListQuery{Limit: 500}}); ; {
			var some []ngo.Conversation
			storetest.Read(t, d.o, func(r *store.Rx) (err error) { some, q.After, err = r.Conversations(q); return err })
			if out = append(out, some...); q.After == "" {
				return out
			}
		}
	}
	compare := func(when string) {
		t.Helper()
		every := all()
		for _, account := range []ngo.AccountID{"", d.account, second.Account.ID, "acc_none"} {
			for _, state := range []ngo.ConversationState{"", store.StateAny, ngo.ConversationOpen, ngo.ConversationSnoozed, ngo.ConversationClosed} {
				for _, waiting := range []bool{false, true} {
					q := store.ConversationQuery{Account: account, State: state, Waiting: waiting, ListQuery: store.ListQuery{Limit: 500}}
					want := slices.DeleteFunc(slices.Clone(every), func(c ngo.Conversation) bool {
						active := state == "" && c.State != ngo.ConversationClosed || state == store.StateAny || state == c.State
						return !active || account != "" && c.Account != account || waiting && c.Waiting == nil
					})
					if got, want := ids(d.conversations(q)), ids(want); !slices.Equal(got, want[:min(len(want), 500)]) {
						t.Errorf("%s, %+v: %d threads; want %d", when, q, len(got), len(want))
					}
				}
			}
			longest := slices.DeleteFunc(slices.Clone(every), func(c ngo.Conversation) bool {
				return c.Waiting == nil || c.State == ngo.ConversationClosed || account != "" && c.Account != account
			})
			slices.SortFunc(longest, func(a, b ngo.Conversation) int {
				return cmp.Or(a.Waiting.Compare(*b.Waiting), strings.Compare(string(a.ID), string(b.ID)))
			})
			q := store.ConversationQuery{Account: account, Sort: store.SortWaiting, ListQuery: store.ListQuery{Limit: 500}}
			if got, want := ids(d.conversations(q)), ids(longest); !slices.Equal(got, want[:min(len(want), 500)]) {
				t.Errorf("%s, waiting in %q: %d threads; want %d", when, account, len(got), len(want))
			}
		}
	}
	write(d.account, 200)
	write(second.Account.ID, 40)
	compare("few")
	write(d.account, 1600)
	compare("many")
}

func ids(all []ngo.Conversation) (out []ngo.ConversationID) {
	for _, c := range all {
		out = append(out, c.ID)
	}
	return out
}
