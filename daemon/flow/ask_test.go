package flow_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const day = 24 * time.Hour

func TestDonorIsAskedAndReminded(t *testing.T) {
	t.Parallel()
	for lang, want := range map[string][3]string{
		"":   {"Dear Meena Raman", "your PAN or", "We wrote to you"},
		"ta": {"அன்புள்ள Meena Raman அவர்களுக்கு", "உங்கள் PAN எண்", "ஏற்கெனவே எழுதியிருந்தோம்"},
		"hi": {"आदरणीय Meena Raman जी", "आपका PAN", "पहले भी लिख चुके हैं"},
	} {
		t.Run("in "+lang, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			server := h.mailServer(sim.SMTPOptions{})
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			donor := complete()
			donor.PAN, donor.Language = "", lang
			api.Give(sim.Charge{Donor: donor})
			c.told()
			for _, step := range []struct {
				pass  time.Duration
				mails int
			}{{0, 0}, {time.Minute, 1}, {6 * day, 1}, {day, 2}, {22 * day, 2}, {day, 3}, {365 * day, 3}} {
				h.later(step.pass)
				h.works()
				if n := server.Total(); n != step.mails {
					t.Fatalf("%d mails after another %v; want %d", n, step.pass, step.mails)
				}
			}
			d := h.onlyGift()
			if d.State != ngo.DonationWaiting || d.Asked == nil || d.Reminded != 2 || len(h.state().jobs) != 0 {
				t.Errorf("gift %+v, jobs %+v; want it waiting, asked, reminded twice", d, h.state().jobs)
			}
			for i, m := range server.Mails() {
				_, text, _ := readMail(t, m.Data)
				if !strings.Contains(text, want[0]) || !strings.Contains(text, want[1]) || strings.Contains(text, "postal address") || (i > 0) != strings.Contains(text, want[2]) {
					t.Errorf("mail %d says %q", i, text)
				}
				if link := regexp.MustCompile(`https://ngo\.example/o/\S+/donor/\S+`).FindString(text); link == "" || strings.Contains(text, "{") {
					t.Errorf("mail %d has no link, or a hole: %q", i, text)
				}
			}
		})
	}
}

// A gateway often tells in one event that money came, and in the next from whom.
func TestNobodyIsAskedForWhatTheNextEventTells(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Donor: complete(), Via: sim.ViaLink})
	for _, w := range api.Webhooks() {
		c.arrive(w.Body, false)
		h.works()
	}
	h.later(time.Hour)
	h.works()
	d := h.onlyGift()
	if d.State != ngo.DonationReceived || d.Asked != nil || server.Total() != 1 || !h.receiptsOf(d.ID)[0].Tax {
		t.Errorf("gift %+v, %d mails; want the receipt alone", d, server.Total())
	}
}

func TestAnswerBringsTheReceipt(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	api.Give(sim.Charge{Donor: donor})
	c.told()
	h.later(time.Minute)
	h.works()
	pan := "ABCPR1234F"
	id := h.onlyGift().ID
	h.write(func(tx *store.Tx) error { return tx.AnswerDonation(id, store.DonorEdit{PAN: &pan}) })
	h.later(time.Minute)
	h.works()
	d := h.onlyGift()
	if all := h.receiptsOf(d.ID); d.State != ngo.DonationReceived || len(all) != 1 || !all[0].Tax || server.Total() != 2 {
		t.Errorf("gift %+v, receipts %+v, %d mails; want the question and the receipt", d, all, server.Total())
	}
	h.later(60 * day)
	h.works()
	if server.Total() != 2 || len(h.state().jobs) != 0 {
		t.Errorf("%d mails and jobs %+v in the end; want no reminder", server.Total(), h.state().jobs)
	}
}

// Who answers while the question still waits for a mail server is not asked.
func TestQuestionThatIsAnsweredDoesNotGoOut(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	api.Give(sim.Charge{Donor: donor})
	c.told()
	h.later(time.Minute)
	h.works()
	pan := "ABCPR1234F"
	id := h.onlyGift().ID
	h.write(func(tx *store.Tx) error { return tx.AnswerDonation(id, store.DonorEdit{PAN: &pan}) })
	server := h.mailServer(sim.SMTPOptions{})
	h.later(day)
	h.works()
	for _, m := range h.state().messages {
		if m.Kind == ngo.MessageAsk && m.State != ngo.MessageWithdrawn || m.Kind == ngo.MessageReceipt && m.State != ngo.MessageSent {
			t.Errorf("message %+v", m)
		}
	}
	if server.Total() != 1 {
		t.Errorf("%d mails; want the receipt alone", server.Total())
	}
}

// Of a gift that is held when its donor would be reminded the reminder comes later.
func TestHeldGiftIsRemindedOfLater(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	ref := api.Give(sim.Charge{Donor: donor})
	c.told()
	h.later(time.Minute)
	h.works()
	dispute := api.Dispute(ref, 0, "")
	c.told()
	h.later(8 * day)
	h.works()
	if server.Total() != 1 {
		t.Errorf("%d mails while the gift is held; want the first question alone", server.Total())
	}
	api.MoveDispute(dispute, "won")
	c.told()
	h.later(8 * day)
	h.works()
	if server.Total() != 2 {
		t.Errorf("%d mails once it waits again; want the reminder", server.Total())
	}
}

// Without pages of its own the appliance asks for an answer by mail.
func TestAskingWithoutAPage(t *testing.T) {
	t.Parallel()
	h := newHouse(t, withoutPages)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Donor: ngo.Donor{EMail: "asha@example.org"}})
	c.told()
	h.later(time.Minute)
	h.works()
	_, text, _ := readMail(t, server.Mails()[0].Data)
	for _, want := range []string{"Dear donor,", "- your full name", "- your postal address", "- your PAN", "Please answer this mail"} {
		if !strings.Contains(text, want) {
			t.Errorf("the mail does not say %q: %q", want, text)
		}
	}
	if strings.Contains(text, "/donor/") {
		t.Errorf("the mail has a link: %q", text)
	}
}

// Where mail goes nowhere for months, the donor gets one question when it does, and the reminders in their time.
func TestQuestionsDoNotPileUp(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	api.Give(sim.Charge{Donor: donor})
	c.told()
	for range 12 {
		h.later(5 * day)
		h.works()
	}
	if d := h.onlyGift(); d.Reminded != 0 || len(h.state().messages) != 1 {
		t.Errorf("gift %+v, messages %+v; want no reminder of what was never sent", d, h.state().messages)
	}
	server := h.mailServer(sim.SMTPOptions{})
	for _, step := range []struct {
		pass  time.Duration
		mails int
	}{{day, 1}, {6 * day, 1}, {2 * day, 2}, {22 * day, 2}, {2 * day, 3}, {60 * day, 3}} {
		h.later(step.pass)
		h.works()
		if n := server.Total(); n != step.mails {
			t.Fatalf("%d mails after another %v; want %d", n, step.pass, step.mails)
		}
	}
	if jobs := h.state().jobs; len(jobs) != 0 {
		t.Errorf("jobs %+v are left", jobs)
	}
}

// A donor whose address is put right is asked there, and the link does not go to the wrong one any more.
func TestQuestionFollowsTheAddress(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{true, false} {
		h := newHouse(t)
		var server *sim.SMTP
		if sent {
			server = h.mailServer(sim.SMTPOptions{})
		}
		c, api := h.razorpay(sim.RazorpayOptions{}, nil)
		donor := complete()
		donor.PAN, donor.EMail = "", "mina@example.org"
		api.Give(sim.Charge{Donor: donor})
		c.told()
		h.later(time.Minute)
		h.works()
		id, right := h.onlyGift().ID, "meena@example.org"
		h.write(func(tx *store.Tx) error {
			_, err := tx.EditDonation(id, store.DonorEdit{EMail: &right})
			return err
		})
		h.later(time.Minute)
		h.works()
		wrong := 1
		if !sent {
			server, wrong = h.mailServer(sim.SMTPOptions{}), 0
		}
		for _, right := range []int{1, 2, 2, 2, 3, 3} {
			h.later(day)
			h.works()
			to := map[string]int{}
			for _, m := range server.Mails() {
				to[m.To[0]]++
			}
			if to["mina@example.org"] != wrong || to["meena@example.org"] != right {
				t.Errorf("sent before: %v; mails %v, want %d and %d", sent, to, wrong, right)
			}
			h.later(9 * day)
			h.works()
		}
		if d := h.onlyGift(); d.Reminded != 2 || len(h.state().jobs) != 0 {
			t.Errorf("gift %+v, jobs %+v", d, h.state().jobs)
		}
	}
}

// Who gave several times is asked once, since the answer serves all; and never twice within a week.
func TestOneQuestionForSeveralGifts(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor, other := complete(), complete()
	donor.PAN, other.PAN = "", ""
	other.EMail, other.Phone = "another@example.org", "+919840099999"
	for i := range 3 {
		api.Give(sim.Charge{Donor: donor, Amount: int64(i+1) * 100_00})
	}
	api.Give(sim.Charge{Donor: other})
	c.told()
	mails := func(to string) (n int) {
		for _, m := range server.Mails() {
			if m.To[0] == to {
				n++
			}
		}
		return n
	}
	h.later(time.Minute)
	h.works()
	api.Give(sim.Charge{Donor: donor, Amount: 900_00})
	c.told()
	for week := range 4 {
		for range 7 {
			if a, b := mails(donor.EMail), mails(other.EMail); a != week+1 || b != min(week+1, 2) {
				t.Fatalf("%d mails to the one and %d to the other in week %d; want one a week, and no more than a question and a reminder", a, b, week)
			}
			h.later(day)
			h.works()
		}
	}
	pan, asked := "ABCPR1234F", mails(donor.EMail)
	for _, d := range h.state().donations {
		if d.Donor.EMail == donor.EMail && d.State == ngo.DonationWaiting {
			h.write(func(tx *store.Tx) error { return tx.AnswerDonation(d.ID, store.DonorEdit{PAN: &pan}) })
			break
		}
	}
	for range 60 {
		h.later(day)
		h.works()
	}
	if n := mails(donor.EMail); n != asked+4 {
		t.Errorf("%d mails after the answer; want the four receipts", n-asked)
	}
	if jobs := h.state().jobs; len(jobs) != 0 {
		t.Errorf("jobs %+v are left", jobs)
	}
}
