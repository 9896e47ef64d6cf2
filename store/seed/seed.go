// Package seed fills an organisation with finished gifts as fast as the store takes them, for measuring and for tests. It
// goes the way of the store, so that trail, roll-ups and series are as the flow leaves them, and knows no law and no
// wording: what a receipt prints is the caller's.
package seed

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Options says with what Fill fills an organisation.
type Options struct {
	Gifts    int
	People   int       // who give them; a fifth of the gifts when 0
	From, To time.Time // over which gifts are spread; the year before now when zero
	Mail     bool      // whether each receipt has a message, sent
	// Print gives what the receipt of a gift prints; a plain acknowledgement when nil.
	Print func(ngo.Org, ngo.Profile, ngo.Donation, ngo.Payment) (Paper, error)
}

// Paper is what a receipt prints.
type Paper struct {
	Law     string
	Tax     bool
	Printed []byte // JSON, as the package receipt reads it
}

// atOnce is how many gifts one transaction of Fill writes: few enough that others who write wait only briefly.
const atOnce = 250

// Fill fills an organisation with finished gifts: delivery, payment, person, donation, receipt and, if wanted, the
// message, with their lines in the trail and their share in the roll-ups, as the flow leaves them. It adds a gateway
// account of its own. The same options give the same gifts but for the ids.
func Fill(ctx context.Context, o *store.Org, s Options) error {
	if s.People == 0 {
		s.People = max(s.Gifts/5, 1)
	}
	if s.To.IsZero() {
		s.To = time.Now()
	}
	if s.From.IsZero() {
		s.From = s.To.AddDate(-1, 0, 0)
	}
	if s.Print == nil {
		s.Print = acknowledgement
	}
	account := o.NewAccount(ngo.Gateway, "razorpay", "seed-"+string(ngo.NewID[ngo.AccountID](s.To)), nil, nil)
	zone, err := time.LoadLocation(o.Info().Zone)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := o.Write(ctx, store.Work, "seed", func(tx *store.Tx) error { return tx.AddAccount(account) }); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	f := filler{org: o, account: account.Account.ID, options: s, zone: zone}
	err = o.Read(ctx, func(r *store.Rx) (err error) {
		f.profile, err = r.Profile()
		return err
	})
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	for start := 0; start < s.Gifts; start += atOnce {
		if err := f.batch(ctx, start, min(start+atOnce, s.Gifts)); err != nil {
			return fmt.Errorf("seed gifts from %d: %w", start, err)
		}
	}
	return nil
}

type filler struct {
	org     *store.Org
	profile ngo.Profile
	account ngo.AccountID
	options Options
	zone    *time.Location
}

// made is what is prepared outside the transaction.
type made struct {
	delivery store.NewDelivery
	payment  ngo.Payment
	donation ngo.Donation
	receipt  store.NewReceipt
}

func (f *filler) batch(ctx context.Context, from, to int) error {
	var gifts []made
	for i := from; i < to; i++ {
		g, err := f.gift(i)
		if err != nil {
			return err
		}
		gifts = append(gifts, g)
	}
	return f.org.Write(ctx, store.Work, "seed", func(tx *store.Tx) error {
		for i := range gifts {
			if err := f.write(tx, gifts[i]); err != nil {
				return err
			}
		}
		return f.clearJobs(tx, to-from)
	})
}

// clearJobs ends the jobs that the deliveries left: their work is done already.
func (f *filler) clearJobs(tx *store.Tx, n int) error {
	jobs, err := tx.Claim(ngo.LanePayment, n, time.Minute)
	for _, j := range jobs {
		if err := tx.Finish(j); err != nil {
			return err
		}
	}
	return err
}

func (f *filler) gift(i int) (made, error) {
	span := f.options.To.Sub(f.options.From)
	created := f.options.From.Add(span / time.Duration(f.options.Gifts) * time.Duration(i))
	day := ngo.DateOf(created, f.zone)
	amount := ngo.Paise(int64(100 * (101 + i*37%9900)))
	body := fmt.Appendf(nil, `{"event":"payment.captured","seed":%d,"account":%q}`, i, f.account)
	d := ngo.Donation{ID: ngo.NewID[ngo.DonationID](created), State: ngo.DonationReceived, Amount: amount, Given: day,
		Donor: Donor(i % f.options.People), Purpose: "General fund", Method: "upi", Pot: ngo.Domestic, Fund: ngo.FundGeneral}
	p := ngo.Payment{Account: f.account, Ref: ngo.Ref(fmt.Sprintf("pay_seed%08d", i)), State: ngo.PaymentCaptured, Amount: amount,
		Fee: amount.Minor / 50, Method: "upi", Created: created}
	paper, err := f.options.Print(f.org.Info(), f.profile, d, p)
	if err != nil {
		return made{}, err
	}
	receipt, err := f.org.NewReceipt(d.ID, store.ReceiptFacts{Series: "SEED/" + day.FinancialYear() + "/D", Amount: amount, Day: day,
		Law: paper.Law, Tax: paper.Tax, Printed: paper.Printed})
	return made{delivery: f.org.NewDelivery(f.account, "", body), payment: p, donation: d, receipt: receipt}, err
}

// acknowledgement prints what every receipt has, and no line on deduction.
func acknowledgement(o ngo.Org, p ngo.Profile, d ngo.Donation, pay ngo.Payment) (Paper, error) {
	type texts map[string]string
	printed, err := json.Marshal(struct {
		Version  int       `json:"version"`
		Org      texts     `json:"org"`
		Donor    texts     `json:"donor"`
		Amount   ngo.Money `json:"amount"`
		Words    string    `json:"words"`
		Day      ngo.Date  `json:"day"`
		YearName string    `json:"year_name"`
		Year     string    `json:"year"`
		Mode     string    `json:"mode"`
		Payment  ngo.Ref   `json:"payment"`
		Purpose  string    `json:"purpose"`
		Law      string    `json:"law"`
		Tax      bool      `json:"tax"`
		Reasons  []texts   `json:"reasons"`
	}{
		Version: 1,
		Org:     texts{"name": cmp.Or(p.LegalName, o.Name), "address": p.Address, "pan": p.PAN},
		Donor:   texts{"name": d.Donor.Name, "address": d.Donor.Address, "email": d.Donor.EMail, "pan": d.Donor.PAN},
		Amount:  d.Amount, Words: d.Amount.Words(), Day: d.Given, YearName: "Financial year", Year: d.Given.FinancialYear(),
		Mode: "UPI", Payment: pay.Ref, Purpose: d.Purpose, Law: "none",
		Reasons: []texts{{"code": "trial", "text": "This gift was made up, to try the program."}},
	})
	return Paper{Law: "none", Printed: printed}, err
}

func (f *filler) write(tx *store.Tx, g made) error {
	if _, err := tx.AddDelivery(g.delivery); err != nil {
		return err
	}
	g.payment.Delivery = g.delivery.ID
	payment, _, err := tx.SavePayment(g.payment)
	if err != nil {
		return err
	}
	g.donation.Payment = payment.ID
	if g.donation.Person, err = tx.JoinPerson(g.donation.Donor); err != nil {
		return err
	}
	if _, _, err := tx.AddDonation(g.donation); err != nil {
		return err
	}
	if err := tx.SettleDelivery(g.delivery.ID, ngo.DeliveryProcessed, "payment.captured", ""); err != nil {
		return err
	}
	r, err := tx.IssueReceipt(g.receipt)
	if err != nil || !f.options.Mail {
		return err
	}
	m := ngo.Message{ID: ngo.NewID[ngo.MessageID](tx.Now()), Receipt: r.ID, Person: g.donation.Person, Recipient: g.donation.Donor.EMail}
	if err := tx.AddMessage(m); err != nil {
		return err
	}
	return tx.MoveMessage(m.ID, ngo.MessageSent, "", "", "")
}

// Donor is the i-th of many donors, each with addresses and a PAN of his own.
func Donor(i int) ngo.Donor {
	first := [...]string{"Anbu", "Chitra", "Devi", "Ganesan", "Kamala", "Lakshmi", "Murugan", "Nila", "Ravi", "Selvi"}
	last := [...]string{"Raman", "Subramaniam", "Iyer", "Pillai", "Das", "Rao", "Nair"}
	return ngo.Donor{
		Name:    first[i%len(first)] + " " + last[i/len(first)%len(last)],
		EMail:   fmt.Sprintf("donor%07d@example.org", i),
		Phone:   fmt.Sprintf("+9198%08d", 10_000_000+i),
		Address: fmt.Sprintf("%d Mada Street, Chennai 600004", 1+i),
		PAN:     fmt.Sprintf("DN%cP%c%04d%c", 'A'+i/260_000%26, 'A'+i/10_000%26, i%10_000, 'A'+i/6_760_000%26),
	}
}
