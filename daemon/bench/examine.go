package bench

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Case is what Examine holds against each other: what a daemon says it has, what it acknowledged, and what it mailed.
type Case struct {
	Client *api.Client
	Org    string
	Acked  []sim.Event
	Mail   *sim.SMTP

	Talk    map[string]bool // ids of messages of conversations that are said to have gone by mail
	Bounced string          // the address from which mail came back
}

// Finding is what Examine saw. Nothing is wrong when there are no Findings.
type Finding struct {
	Gifts    int      `json:"gifts"`
	Receipts int      `json:"receipts"` // void and replaced ones included
	Mails    int      `json:"mails"`
	Repeated int      `json:"mails_repeated"` // under the same Message-ID, as after a crash in mid-send
	Findings []string `json:"findings"`       // at most fifty
}

// Examine asks of a daemon that has no work left what an auditor would: that nothing acknowledged is missing and nothing
// happened twice, that the receipts' numbers have no gap and each paper opens, that donors got each mail once and no other,
// and that the trail is whole. It fails only when it cannot ask.
func Examine(ctx context.Context, c Case) (Finding, error) {
	a := auditor{Case: c, gifts: map[ngo.Ref]ngo.DonationID{}, sent: map[string]bool{}, asked: map[string]bool{}}
	maps.Copy(a.sent, c.Talk)
	for _, look := range []func(context.Context) error{a.lookAtGifts, a.lookAtReceipts, a.lookAtTrail} {
		if err := look(ctx); err != nil {
			return Finding{}, err
		}
	}
	a.lookAtMail()
	a.seen.Gifts = len(a.gifts)
	return a.seen, nil
}

// Left tells how many jobs are still to be done. A question to a donor, and what was written and can still be pulled back, is among
// them if it is due within that time: the first question is due in seconds, reminders in days.
func Left(ctx context.Context, c *api.Client, org string, within time.Duration) (int64, error) {
	s, err := c.Summary(ctx, org)
	if err != nil || s.JobsReady == 0 {
		return 0, err
	}
	left, now := s.JobsReady, time.Now()
	soon, counted := now.Add(within), now.Add(24*time.Hour) // the summary counts what is due within a day
	for _, kind := range []ngo.JobKind{ngo.JobAsk, ngo.JobDeliver} {
		for j, err := range every(func(after string) (api.Page[ngo.Job], error) {
			return c.Jobs(ctx, org, api.JobQuery{ListQuery: api.ListQuery{Limit: api.MaxLimit, After: after}, Kind: kind, State: ngo.JobReady})
		}) {
			if err != nil {
				return 0, err
			}
			if j.Due.After(soon) && j.Due.Before(counted) {
				left--
			}
		}
	}
	return max(left, 0), nil
}

// auditor collects findings.
type auditor struct {
	Case
	gifts    map[ngo.Ref]ngo.DonationID
	standing int             // receipts that are valid
	sent     map[string]bool // ids of messages that the daemon says it sent
	asked    map[string]bool // addresses of donors who were asked about a gift that waits
	unasked  []ngo.Donation  // gifts that wait, about which nobody was asked
	seen     Finding
}

func (a *auditor) find(format string, args ...any) {
	const most = 50
	if len(a.seen.Findings) < most {
		a.seen.Findings = append(a.seen.Findings, fmt.Sprintf(format, args...))
	}
}

// lookAtGifts holds every acknowledged payment against the ledger: there, once, with its amount.
func (a *auditor) lookAtGifts(ctx context.Context) error {
	expected := map[ngo.Ref]sim.Event{}
	for _, e := range a.Acked {
		expected[e.Payment] = e
	}
	for d, err := range every(func(after string) (api.Page[ngo.Donation], error) {
		return a.Client.Donations(ctx, a.Org, api.DonationQuery{ListQuery: api.ListQuery{Limit: api.MaxLimit, After: after}})
	}) {
		if err != nil {
			return err
		}
		full, err := a.Client.Donation(ctx, a.Org, d.ID)
		if err != nil {
			return err
		}
		if full.Payment == nil {
			a.find("gift %s has no payment", d.ID)
			continue
		}
		ref := full.Payment.Ref
		if other, twice := a.gifts[ref]; twice {
			a.find("payment %s became two gifts: %s and %s", ref, other, d.ID)
		}
		a.gifts[ref] = d.ID
		if e, ok := expected[ref]; ok && e.Amount != d.Amount {
			a.find("gift %s is %v, but the payment was %v", d.ID, d.Amount, e.Amount)
		}
		a.lookAtPaper(full)
		a.lookAtMessages(full)
	}
	for _, d := range a.unasked {
		if !a.asked[d.Donor.EMail] { // one question is for all gifts of a donor
			a.find("gift %s: the donor got no mail of kind %s", d.ID, ngo.MessageAsk)
		}
	}
	for ref := range expected {
		if _, ok := a.gifts[ref]; !ok {
			a.find("payment %s was acknowledged and is lost", ref)
		}
	}
	return nil
}

// lookAtPaper checks that a gift has the receipt that it should have: one of what is left of it, or none.
func (a *auditor) lookAtPaper(d api.Donation) {
	switch {
	case d.State == ngo.DonationReceived && d.Receipt == nil:
		a.find("gift %s was received but has no receipt", d.ID)
	case d.State == ngo.DonationReceived && d.Receipt.Amount != d.Net():
		a.find("gift %s is worth %v, but receipt %s says %v", d.ID, d.Net(), d.Receipt.Number, d.Receipt.Amount)
	case d.State == ngo.DonationReversed && d.Receipt != nil:
		a.find("gift %s went back, but receipt %s stands", d.ID, d.Receipt.Number)
	}
}

// letter is what a donor should get once.
type letter struct {
	kind    ngo.MessageKind
	receipt ngo.ReceiptID
}

// lookAtMessages checks that the donor of a gift got the mails that belong to it, each once: every receipt, the word that one is
// void, and the question about what is missing.
func (a *auditor) lookAtMessages(d api.Donation) {
	sent := map[letter]int{}
	for _, m := range d.Messages {
		back := m.State == ngo.MessageFailed && a.Bounced != "" && m.Recipient == a.Bounced
		if m.State == ngo.MessageFailed && !back && !ended(d, m.Receipt) {
			a.find("gift %s: a mail of kind %s failed: %s", d.ID, m.Kind, m.Reason)
		}
		if m.State != ngo.MessageSent && !back {
			continue
		}
		a.sent[string(m.ID)] = true
		if m.Kind != ngo.MessageReminder {
			sent[letter{m.Kind, m.Receipt}]++
		}
	}
	for l, n := range sent {
		if n > 1 {
			a.find("gift %s: the donor got %d mails of kind %s", d.ID, n, l.kind)
		}
	}
	for _, l := range due(d) {
		switch {
		case l.kind == ngo.MessageAsk && sent[l] == 0:
			a.unasked = append(a.unasked, d.Donation)
		case l.kind == ngo.MessageAsk:
			a.asked[d.Donor.EMail] = true
		case sent[l] == 0:
			a.find("gift %s: the donor got no mail of kind %s", d.ID, l.kind)
		}
	}
}

// ended tells whether a receipt is one that no longer stands: mail that would have carried it does not go out any more.
func ended(d api.Donation, id ngo.ReceiptID) bool {
	return slices.ContainsFunc(d.Receipts, func(r ngo.Receipt) bool { return r.ID == id && r.State != ngo.ReceiptIssued })
}

// due gives what the donor of a gift must have got.
func due(d api.Donation) (out []letter) {
	if d.Donor.EMail == "" {
		return nil
	}
	if d.State == ngo.DonationWaiting {
		out = append(out, letter{kind: ngo.MessageAsk})
	}
	for _, r := range d.Receipts {
		switch r.State {
		case ngo.ReceiptIssued:
			out = append(out, letter{ngo.MessageReceipt, r.ID})
		case ngo.ReceiptVoid:
			if r.Given != nil { // a donor is not told of the end of what never left
				out = append(out, letter{ngo.MessageCancellation, r.ID})
			}
		}
	}
	return out
}

// lookAtReceipts checks that no gift has two that stand, that the numbers run without a gap, and that each paper opens.
func (a *auditor) lookAtReceipts(ctx context.Context) error {
	seen, last, series := map[ngo.DonationID]string{}, map[string]int64{}, map[string]map[int64]bool{}
	for r, err := range every(func(after string) (api.Page[ngo.Receipt], error) {
		return a.Client.Receipts(ctx, a.Org, api.ReceiptQuery{ListQuery: api.ListQuery{Limit: api.MaxLimit, After: after}})
	}) {
		if err != nil {
			return err
		}
		a.seen.Receipts++
		if r.State == ngo.ReceiptIssued {
			if other, twice := seen[r.Donation]; twice {
				a.find("gift %s has two receipts: %s and %s", r.Donation, other, r.Number)
			}
			seen[r.Donation] = r.Number
			a.standing++
		}
		if series[r.Series] == nil {
			series[r.Series] = map[int64]bool{}
		}
		series[r.Series][r.Serial] = true
		last[r.Series] = max(last[r.Series], r.Serial)
		if r.Document == "" && r.State != ngo.ReceiptIssued {
			continue // it ended before it was drawn
		}
		if r.Document == "" {
			a.find("receipt %s has no document", r.Number)
			continue
		}
		if pdf, err := a.Client.ReceiptCopy(ctx, a.Org, string(r.ID)); err != nil || len(pdf) < 1000 {
			a.find("the document of receipt %s does not open: %v", r.Number, err)
		}
	}
	for name, numbers := range series {
		if int64(len(numbers)) != last[name] {
			a.find("series %s ends at %d but has %d numbers", name, last[name], len(numbers))
		}
	}
	return nil
}

func (a *auditor) lookAtTrail(ctx context.Context) error {
	for _, org := range []string{a.Org, ""} {
		report, err := a.Client.VerifyAudit(ctx, org)
		if err != nil {
			return err
		}
		if !report.OK {
			a.find("the trail of %q is broken at %d: %s", org, report.Broken, report.Reason)
		}
	}
	s, err := a.Client.Summary(ctx, a.Org)
	if err != nil {
		return err
	}
	if s.JobsParked > 0 {
		a.find("%d jobs are parked", s.JobsParked)
	}
	if s.Quarantined > 0 {
		a.find("%d deliveries are quarantined", s.Quarantined)
	}
	if s.ReceiptsIssued != int64(a.standing) {
		a.find("the summary counts %d receipts, but there are %d", s.ReceiptsIssued, a.standing)
	}
	return nil
}

// lookAtMail checks that what the daemon says it sent is what came, each under one Message-ID, and nothing else. A repeat under
// the same one, which mail programs fold into one, is what the promise allows after a crash in mid-send.
func (a *auditor) lookAtMail() {
	for id, n := range a.Mail.Counts() {
		a.seen.Mails += n
		a.seen.Repeated += n - 1
		message, _, _ := strings.Cut(id, "@")
		if !a.sent[message] {
			a.find("mail %s went out, and nothing says that it did", id)
		}
		delete(a.sent, message)
	}
	for id := range a.sent {
		a.find("message %s is said to be sent, but did not arrive", id)
	}
}

// every walks all pages of a list.
func every[T any](page func(after string) (api.Page[T], error)) func(yield func(T, error) bool) {
	return func(yield func(T, error) bool) {
		after := ""
		for {
			p, err := page(after)
			if err != nil {
				var zero T
				yield(zero, err)
				return
			}
			for _, item := range p.Items {
				if !yield(item, nil) {
					return
				}
			}
			if after = p.Next; after == "" {
				return
			}
		}
	}
}
