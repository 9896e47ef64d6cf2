package main

import (
	"context"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// How long a command waits for the daemon to have made a gift, and its receipt, of what was entered.
const (
	entryWait = 10 * time.Second
	entryLook = 100 * time.Millisecond
)

func donationAddCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "add", Usage: "enter a gift that came by hand: cash, a cheque, a bank transfer, a thing", Action: inOrg(t, donationAdd),
		Flags: append([]cli.Flag{
			&cli.StringFlag{Name: "amount", Usage: "its worth in `RUPEES`, such as 5000, 5,000 or 1,500.50 (required)"},
			choiceFlag("method", "how it came, required:", "cash", "cheque", "bank_transfer", "kind"),
			dayFlag("date", "`DAY` on which it was given, as 2026-11-20 (default: today)", false),
			&cli.StringFlag{Name: "reference", Usage: "`NUMBER` of the cheque, or the bank's of the transfer"},
			&cli.StringFlag{Name: "description", Usage: "`WHAT` was given in kind, for the receipt (required there)"},
			&cli.StringFlag{Name: "key", Usage: "your own `NUMBER` of it, such as that of a paper receipt: with the same one it is entered once"},
			&cli.BoolFlag{Name: "dry-run", Usage: "check it, and enter nothing"},
		}, donorFlags()...),
		UsageText: "ngoctl donation add --amount 5,000 --method cash\n" +
			`ngoctl donation add --amount 1500 --method cash --name "Meena Sundaram" --address "12 Car Street, Madurai 625001" --pan ABCPE1234F` + "\n" +
			`ngoctl donation add --amount 25,000 --method cheque --reference 004512 --date 2026-11-20 --name "Arun Iyer" --email arun@example.org` + "\n" +
			`ngoctl donation add --amount 2,400 --method kind --description "40 kg of rice" --name "Kumar Stores"` + "\n" +
			"ngoctl donation add --amount 500 --method cash --key book-7-no-112",
		Description: "The gift counts, and gets its receipt, as one that came through a gateway does. Cash above ₹2,000 and gifts in kind get a receipt\n" +
			"without a line on tax deduction: the law allows none. A cheque is a gift once the bank has paid it. A mistaken entry is taken out of\n" +
			"the books, and its receipt voided, by: ngoctl donation refund ID --by-hand. An Aadhaar number is refused.",
	}
}

func donationAdd(ctx context.Context, c *call, s session) error {
	n, err := c.newDonation()
	if err != nil {
		return err
	}
	given := n.Key
	e, err := once(ctx, c, func(key string) (api.Entered, error) {
		n.Key = key
		return s.AddDonation(ctx, s.org, n)
	})
	if err != nil {
		return err
	}
	if !n.DryRun && !s.local {
		e = c.awaitGift(ctx, s, n, e)
	}
	e.Again = e.Again && given != ""
	return c.entered(e, s.local)
}

// newDonation reads the flags. What the server cannot know to be meant otherwise is asked for here.
func (c *call) newDonation() (api.NewDonation, error) {
	text := c.flags.String
	if text("amount") == "" || text("method") == "" {
		return api.NewDonation{}, usage("a gift needs its amount and how it came", "write: ngoctl donation add --amount 5000 --method cash")
	}
	amount, err := c.rupees("amount")
	return api.NewDonation{
		AmountMinor: amount.Minor, Method: text("method"), Given: text("date"), Reference: text("reference"), Description: text("description"), Key: text("key"),
		Name: text("name"), Address: text("address"), EMail: text("email"), Phone: text("phone"), PAN: text("pan"), IDKind: ngo.IDKind(text("id-kind")),
		IDNumber: text("id-number"), Language: text("language"), Citizenship: ngo.Citizenship(text("citizenship")), Purpose: text("purpose"),
		Campaign: text("campaign"), Born: text("birth-date"), DryRun: c.flags.Bool("dry-run"),
	}, err
}

// awaitGift asks again under the same key until the gift is there, with its receipt if it gets one now. What was entered stays so
// when the daemon is too busy for it or goes away, or when we are told to stop.
func (c *call) awaitGift(ctx context.Context, s session, n api.NewDonation, e api.Entered) api.Entered {
	again := e.Again
	ctx, cancel := context.WithTimeout(ctx, entryWait)
	defer cancel()
	tick := time.NewTicker(entryLook)
	defer tick.Stop()
	e, _ = patiently(c, "waiting for the gift", func() (api.Entered, error) {
		for !settled(e) {
			select {
			case <-ctx.Done():
				return e, nil
			case <-tick.C:
			}
			now, err := s.AddDonation(ctx, s.org, n)
			if err != nil {
				return e, nil
			}
			e, e.Again = now, again
		}
		return e, nil
	})
	return e
}

// settled tells whether nothing more is to come of an entry soon.
func settled(e api.Entered) bool {
	d := e.Donation
	return e.Problem != "" || d != nil && (d.State != ngo.DonationReceived || d.Receipt != nil)
}

// entered answers with the gift that was made of an entry, else with the entry.
func (c *call) entered(e api.Entered, local bool) error {
	r := record{title: "The gift is entered", fields: []field{
		{"delivery_id", e.Delivery}, {"ref", e.Ref}, {"amount", e.Amount}, {"method", e.Method}, {"given", e.Given}, {"reference", e.Reference},
		{"donor_name", e.Donor.Name}, {"donor_pan", e.Donor.PAN}, {"problem", e.Problem},
	}}
	switch {
	case e.DryRun:
		r.title = "The gift could be entered; nothing was done"
	case e.Again:
		r.title = "The gift was entered before with this key"
	}
	if d := e.Donation; d != nil {
		r.title = fmt.Sprintf("Gift %s", d.ID)
		r.fields = donationFields(d.Donation)
		if d.Payment != nil {
			r.fields = append(r.fields, field{"payment_reference", d.Payment.Reference})
		}
		if d.Receipt != nil {
			r.fields = append(r.fields, field{"receipt_number", d.Receipt.Number}, field{"receipt_deductible", d.Receipt.Tax})
		}
	}
	r.fields = append(r.fields, field{"dry_run", e.DryRun}, field{"again", e.Again})
	if err := c.record(e, r); err != nil {
		return err
	}
	switch d := e.Donation; {
	case e.DryRun:
	case d != nil && d.Receipt != nil:
		c.next("ngoctl receipt save " + d.Receipt.Number)
	case d != nil && d.State == ngo.DonationWaiting:
		c.next("ngoctl donation edit "+string(d.ID)+" …, for a tax receipt", "ngoctl donation release "+string(d.ID)+", for a plain one")
	case d != nil:
		c.next("ngoctl donation show " + string(d.ID))
	case e.Problem != "":
		c.next("ngoctl delivery show " + string(e.Delivery))
	case local:
		c.note("\nNo daemon runs: the gift is in the books, and gets its receipt, once one does.")
		c.next("ngoctl daemon", "ngoctl donation list --gateway desk")
	default:
		c.note("\nThe daemon is still busy with it.")
		c.next("ngoctl donation list --gateway desk", "ngoctl job list")
	}
	return nil
}
