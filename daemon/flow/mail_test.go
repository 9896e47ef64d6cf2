package flow_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var update = flag.Bool("update", false, "rewrite golden files")

// The mails that donors get, as they read them, in each language.
func TestMailsToDonors(t *testing.T) {
	t.Parallel()
	for _, lang := range ngo.Languages {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			profile := h.profile()
			profile.Language = lang // the donor wished for none
			h.write(func(tx *store.Tx) error { _, err := tx.SetProfile(profile); return err })
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			created := time.Date(2026, 6, 1, 6, 0, 0, 0, time.UTC)
			ask := api.Give(sim.Charge{Amount: 1_25_000_50, Donor: ngo.Donor{Name: "Meena Raman", EMail: "meena@example.org"}, Created: created})
			c.told()
			h.later(time.Minute)
			h.works()
			h.later(7 * day)
			h.works()
			dispute := api.Give(sim.Charge{Amount: 500_00, Donor: complete(), Created: created})
			c.told()
			api.MoveDispute(api.Dispute(dispute, 0, ""), "lost")
			c.told()
			api.Refund(ask, 0)
			refunded := api.Give(sim.Charge{Amount: 5000_00, Donor: complete(), Created: created})
			c.told()
			api.Refund(refunded, 0)
			c.told()
			part := api.Give(sim.Charge{Amount: 1000_00, Donor: complete(), Created: created})
			c.told()
			api.Refund(part, 300_00)
			c.told()
			api.Give(sim.Charge{Amount: 2000_00, Donor: ngo.Donor{Name: "Ravi", EMail: "ravi@example.org"}, Created: created})
			c.told()
			for _, d := range h.state().donations {
				if d.State == ngo.DonationWaiting {
					h.write(func(tx *store.Tx) error { _, err := tx.ReleaseDonation(d.ID, ""); return err })
				}
			}
			h.later(time.Minute)
			h.works()
			mistaken := h.receiptsOf(h.giftBy("ravi@example.org"))[0]
			h.write(func(tx *store.Tx) error { return tx.VoidByHand(mistaken.ID, "issued to the wrong Ravi") })
			h.works()
			var all []byte
			for _, m := range server.Mails() {
				subject, text, _ := readMail(t, m.Data)
				all = append(all, "Subject: "+subject+"\n\n"+text+"\n----\n"...)
			}
			all = regexp.MustCompile(`/donor/[^/\s]+`).ReplaceAll(all, []byte("/donor/…"))
			all = regexp.MustCompile(`/r/sevai\.\S+`).ReplaceAll(all, []byte("/r/sevai.…"))
			all = bytes.ReplaceAll(all, []byte("\r\n"), []byte("\n"))
			path := filepath.Join("testdata", "mails-"+lang+".txt")
			if *update {
				must(t, os.WriteFile(path, all, 0o644))
			}
			want, err := os.ReadFile(path)
			must(t, err)
			if string(want) != string(all) {
				t.Errorf("the mails differ from %s:\n%s", path, all)
			}
		})
	}
}

func (h *house) profile() (p ngo.Profile) {
	h.t.Helper()
	h.read(func(rx *store.Rx) (err error) { p, err = rx.Profile(); return err })
	return p
}

// giftBy gives the gift from an address.
func (h *house) giftBy(address string) (id ngo.DonationID) {
	h.t.Helper()
	for _, d := range h.state().donations {
		if d.Donor.EMail == address {
			id = d.ID
		}
	}
	return id
}
