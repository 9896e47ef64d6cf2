package flow_test

import (
	"bytes"
	"net/mail"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// header gives the headers of a mail.
func header(t *testing.T, data []byte) mail.Header {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(data))
	must(t, err)
	return m.Header
}

// reads gives the text of a PDF; an error when the password does not open it.
func reads(t *testing.T, pdf []byte, password string) (string, error) {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	cmd := exec.Command(path, "-upw", password, "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	return string(out), err
}

func (h *house) wantPassword(kind ngo.PasswordKind) {
	h.t.Helper()
	p := h.profile()
	p.ReceiptPassword = kind
	h.write(func(tx *store.Tx) error { _, err := tx.SetProfile(p); return err })
}

func TestReceiptsAreLockedWhereWantedAndPossible(t *testing.T) {
	t.Parallel()
	born := complete()
	born.Born = "1970-03-05"
	for name, tt := range map[string]struct {
		kind     ngo.PasswordKind
		donor    ngo.Donor
		password string
		says     string
	}{
		"off":                {ngo.PasswordNone, complete(), "", ""},
		"PAN":                {ngo.PasswordPAN, complete(), "ABCPR1234F", "your PAN, in capital letters"},
		"date of birth":      {ngo.PasswordBorn, born, "05031970", "your date of birth in eight digits"},
		"no PAN is known":    {ngo.PasswordPAN, ngo.Donor{Name: "Ravi", EMail: "ravi@example.org"}, "", ""},
		"no birth was told":  {ngo.PasswordBorn, complete(), "", ""},
		"a kind to come yet": {"fingerprint", complete(), "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			h.wantPassword(tt.kind)
			c, api := h.razorpay(sim.RazorpayOptions{}, nil)
			api.Give(sim.Charge{Donor: tt.donor})
			c.told()
			h.later(time.Minute)
			h.works()
			d := h.onlyGift()
			h.write(func(tx *store.Tx) error {
				if tt.donor.Born != "" {
					day := string(tt.donor.Born)
					if _, err := tx.EditDonation(d.ID, store.DonorEdit{Born: &day}); err != nil {
						return err
					}
				}
				if d.State == ngo.DonationWaiting {
					_, err := tx.ReleaseDonation(d.ID, "")
					return err
				}
				return nil
			})
			h.later(time.Minute)
			h.works()
			server := h.mailServer(sim.SMTPOptions{})
			h.later(day)
			h.works()
			mails := server.Mails()
			if len(mails) != 1 {
				t.Fatalf("%d mails; want one", len(mails))
			}
			_, text, files := readMail(t, mails[0].Data)
			if strings.Contains(text, "password is") != (tt.says != "") || !strings.Contains(text, tt.says) || strings.Contains(text, "ABCPR1234F") || strings.Contains(text, "05031970") && tt.password != "05031970" {
				t.Errorf("the mail says %q", text)
			}
			for file, pdf := range files {
				if said, err := reads(t, pdf, tt.password); err != nil || !strings.Contains(said, h.receiptsOf(d.ID)[0].Number) {
					t.Errorf("%s with the password %q: %v, %q", file, tt.password, err, said)
				}
				if _, err := reads(t, pdf, "wrong"); (err != nil) != (tt.password != "") {
					t.Errorf("%s with a wrong password: %v", file, err)
				}
			}
			if len(files) != 1 {
				t.Errorf("%d files", len(files))
			}
		})
	}
}

// Whoever told a wrong PAN and put it right since knows the right one only.
func TestTheLockFollowsAPANThatWasPutRight(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.wantPassword(ngo.PasswordPAN)
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	ref := api.Give(sim.Charge{Amount: 1000_00, Donor: complete()})
	c.told()
	id, right := h.onlyGift().ID, "ABCPS1234F"
	h.write(func(tx *store.Tx) error {
		_, err := tx.EditDonation(id, store.DonorEdit{PAN: &right})
		return err
	})
	server := h.mailServer(sim.SMTPOptions{})
	api.Refund(ref, 300_00)
	c.told()
	h.later(day)
	h.works()
	if server.Total() != 1 {
		t.Fatalf("%d mails; want that of the second receipt", server.Total())
	}
	_, _, files := readMail(t, server.Mails()[0].Data)
	for name, pdf := range files {
		if _, err := reads(t, pdf, right); err != nil {
			t.Errorf("%s with the PAN that the donor knows: %v", name, err)
		}
	}
}

// What is sent once more is a copy, and says so; the original stays as it is.
func TestAReceiptSentAgainIsADuplicate(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	api.Give(sim.Charge{Donor: complete()})
	c.told()
	h.works()
	r := h.receiptsOf(h.onlyGift().ID)[0]
	h.write(func(tx *store.Tx) error {
		m := ngo.Message{ID: ngo.NewID[ngo.MessageID](tx.Now()), Receipt: r.ID, Recipient: "meena@example.org"}
		if err := tx.AddMessage(m); err != nil {
			return err
		}
		return tx.Enqueue(ngo.LaneOutbound, ngo.JobDeliver, string(m.ID), 0)
	})
	h.works()
	mails := server.Mails()
	if len(mails) != 2 || len(server.Counts()) != 2 {
		t.Fatalf("%d mails under %v; want two", len(mails), server.Counts())
	}
	for i, m := range mails {
		_, _, files := readMail(t, m.Data)
		for name, pdf := range files {
			if said, err := reads(t, pdf, ""); err != nil || strings.Contains(said, "DUPLICATE") != (i == 1) {
				t.Errorf("%s of mail %d: %v, %q", name, i, err, said)
			}
		}
	}
}

// Only what may come again can be unsubscribed from, and who does so gets no more of it.
func TestUnsubscribingEndsReminders(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	server := h.mailServer(sim.SMTPOptions{})
	c, api := h.razorpay(sim.RazorpayOptions{}, nil)
	donor := complete()
	donor.PAN = ""
	api.Give(sim.Charge{Donor: donor})
	api.Give(sim.Charge{Donor: complete(), Created: h.now().Add(-time.Hour)})
	c.told()
	for _, pass := range []time.Duration{time.Minute, 8 * day} {
		h.later(pass)
		h.works()
	}
	var asked ngo.DonationID
	for _, d := range h.state().donations {
		if d.State == ngo.DonationWaiting {
			asked = d.ID
		}
	}
	kinds := map[bool]int{}
	for _, m := range server.Mails() {
		_, text, files := readMail(t, m.Data)
		head := header(t, m.Data)
		link, post := head.Get("List-Unsubscribe"), head.Get("List-Unsubscribe-Post")
		if len(files) > 0 {
			if link != "" || post != "" {
				t.Errorf("a receipt has %q, %q", link, post)
			}
		} else if !regexp.MustCompile(`^<https://ngo\.example/o/sevai/donor/[\w-]+/stop>$`).MatchString(link) || post != "List-Unsubscribe=One-Click" || !strings.Contains(text, strings.Trim(link, "<>")) {
			t.Errorf("a question has %q, %q", link, post)
		}
		kinds[len(files) > 0]++
	}
	if kinds[true] != 1 || kinds[false] != 2 {
		t.Fatalf("%d receipts and %d questions; want one and two", kinds[true], kinds[false])
	}
	h.write(func(tx *store.Tx) error { return tx.StopReminders(asked) })
	h.later(60 * day)
	h.works()
	if server.Total() != 3 || len(h.state().jobs) != 0 {
		t.Errorf("%d mails, jobs %+v; want no reminder after that", server.Total(), h.state().jobs)
	}
}

// A reminder that still waits for a mail server when its donor unsubscribes does not go out.
func TestAReminderUnderWayIsWithdrawn(t *testing.T) {
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
	server.Fail(sim.Fault{Step: sim.Connect, Code: 421, Text: "busy"})
	h.later(8 * day)
	h.works()
	id := h.onlyGift().ID
	h.write(func(tx *store.Tx) error { return tx.StopReminders(id) })
	server.Heal()
	h.later(day)
	h.works()
	for _, m := range h.state().messages {
		if m.Kind == ngo.MessageReminder && m.State != ngo.MessageWithdrawn {
			t.Errorf("message %+v", m)
		}
	}
	if server.Total() != 1 {
		t.Errorf("%d mails; want the question alone", server.Total())
	}
}

// Whoever pays a rupee chooses a name; the mail to them stays ours, in every reading and header.
func TestNamesCannotTurnAMail(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Asha\r\nBcc: all@example.org", "<script>alert(1)</script>", `"><img src=http://evil.example/x>`, "A\x00\x1b[2J\u202eB", "{org} {{.Org}}",
		"--alt.msg\r\n\r\nX", strings.Repeat("க்ஷ", 100), "=?utf-8?q?=0D=0ABcc:_x?=", "Win at https://evil.example",
	} {
		h := newHouse(t)
		server := h.mailServer(sim.SMTPOptions{})
		c, api := h.razorpay(sim.RazorpayOptions{}, nil)
		donor := complete()
		donor.Name = name
		api.Give(sim.Charge{Donor: donor})
		donor.PAN = ""
		api.Give(sim.Charge{Donor: donor, Created: h.now().Add(-time.Hour)})
		c.told()
		h.later(time.Minute)
		h.works()
		mails := server.Mails()
		if len(mails) != 2 {
			t.Errorf("%q: %d mails; want two", name, len(mails))
		}
		for _, m := range mails {
			head := header(t, m.Data)
			if head.Get("Bcc") != "" || len(head["To"]) != 1 || len(m.To) != 1 {
				t.Errorf("%q: headers %v, to %v", name, head, m.To)
			}
			page := readPage(t, m.Data)
			for _, bad := range []string{"<script", "<img", "evil.example", "\x1b", "\x00", "\u202e"} {
				if strings.Contains(page, bad) {
					t.Errorf("%q: the page has %q", name, bad)
				}
			}
			for _, outside := range []string{" src=", "url(", "<link", "@import", "http://"} {
				if strings.Contains(page, outside) {
					t.Errorf("%q: the page loads %q", name, outside)
				}
			}
		}
	}
}
