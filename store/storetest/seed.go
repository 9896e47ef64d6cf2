package storetest

import (
	"context"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// SeedOptions says with what Seed fills an organisation.
type SeedOptions struct {
	Gifts    int
	People   int       // who give them; a fifth of the gifts when 0
	From, To time.Time // over which gifts are spread; the year before now when zero
	Mail     bool      // whether each receipt has a message, sent
}

// atOnce is how many gifts one transaction of Seed writes: few enough that others who write wait only briefly.
const atOnce = 250

// Seed fills an organisation with finished gifts: delivery, payment, person, donation, receipt and, if wanted, the
// message, with their lines in the trail and their share in the roll-ups, as the flow leaves them. It adds a gateway
// account of its own. The same options give the same gifts but for the ids.
func Seed(ctx context.Context, o *store.Org, s SeedOptions) error {
	if s.People == 0 {
		s.People = max(s.Gifts/5, 1)
	}
	if s.To.IsZero() {
		s.To = time.Now()
	}
	if s.From.IsZero() {
		s.From = s.To.AddDate(-1, 0, 0)
	}
	account := o.NewAccount(ngo.Gateway, "razorpay", "seed-"+string(ngo.NewID[ngo.AccountID](s.To)), nil, nil)
	zone, err := time.LoadLocation(o.Info().Zone)
	if err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	if err := o.Write(ctx, store.Work, "seed", func(tx *store.Tx) error { return tx.AddAccount(account) }); err != nil {
		return fmt.Errorf("seed: %w", err)
	}
	seed := seeder{org: o, account: account.Account.ID, options: s, zone: zone}
	for start := 0; start < s.Gifts; start += atOnce {
		if err := seed.batch(ctx, start, min(start+atOnce, s.Gifts)); err != nil {
			return fmt.Errorf("seed gifts from %d: %w", start, err)
		}
	}
	return nil
}

type seeder struct {
	org     *store.Org
	account ngo.AccountID
	options SeedOptions
	zone    *time.Location
}

// seedGift is what is prepared outside the transaction.
type seedGift struct {
	delivery store.NewDelivery
	payment  ngo.Payment
	donation ngo.Donation
	receipt  store.NewReceipt
}

func (s *seeder) batch(ctx context.Context, from, to int) error {
	var gifts []seedGift
	for i := from; i < to; i++ {
		g, err := s.gift(i)
		if err != nil {
			return err
		}
		gifts = append(gifts, g)
	}
	return s.org.Write(ctx, store.Work, "seed", func(tx *store.Tx) error {
		for i := range gifts {
			if err := s.write(tx, gifts[i]); err != nil {
				return err
			}
		}
		return s.clearJobs(tx, to-from)
	})
}

// clearJobs ends the jobs that the deliveries left: their work is done already.
func (s *seeder) clearJobs(tx *store.Tx, n int) error {
	jobs, err := tx.Claim(ngo.LanePayment, n, time.Minute)
	for _, j := range jobs {
		if err := tx.Finish(j); err != nil {
			return err
		}
	}
	return err
}

func (s *seeder) gift(i int) (seedGift, error) {
	span := s.options.To.Sub(s.options.From)
	created := s.options.From.Add(span / time.Duration(s.options.Gifts) * time.Duration(i))
	day := ngo.DateOf(created, s.zone)
	amount := ngo.Paise(int64(100 * (101 + i*37%9900)))
	body := fmt.Appendf(nil, `{"event":"payment.captured","seed":%d,"account":%q}`, i, s.account)
	d := ngo.Donation{ID: ngo.NewID[ngo.DonationID](created), State: ngo.DonationReceived, Amount: amount, Given: day,
		Donor: Donor(i % s.options.People), Purpose: "General fund", Method: "upi"}
	receipt, err := s.org.NewReceipt(d.ID, store.ReceiptFacts{Series: "SEED/" + day.FinancialYear() + "/D", Amount: amount, Day: day,
		Law: "it-act-1961", Tax: true, Printed: fmt.Appendf(nil, `{"donor":%q,"amount_minor":%d}`, d.Donor.Name, amount.Minor)})
	return seedGift{
		delivery: s.org.NewDelivery(s.account, "", body),
		payment: ngo.Payment{Account: s.account, Ref: ngo.Ref(fmt.Sprintf("pay_seed%08d", i)), State: ngo.PaymentCaptured, Amount: amount,
			Fee: amount.Minor / 50, Method: "upi", Created: created},
		donation: d,
		receipt:  receipt,
	}, err
}

func (s *seeder) write(tx *store.Tx, g seedGift) error {
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
	if _, err := tx.AddDonation(g.donation); err != nil {
		return err
	}
	if err := tx.SettleDelivery(g.delivery.ID, ngo.DeliveryProcessed, "payment.captured", ""); err != nil {
		return err
	}
	r, err := tx.IssueReceipt(g.receipt)
	if err != nil || !s.options.Mail {
		return err
	}
	m := ngo.Message{ID: ngo.NewID[ngo.MessageID](tx.Now()), Receipt: r.ID, Person: g.donation.Person, Recipient: g.donation.Donor.EMail}
	if err := tx.AddMessage(m); err != nil {
		return err
	}
	return tx.MoveMessage(m.ID, ngo.MessageSent, "", "", "")
}

// Donor is the i-th of many donors, each with addresses of his own.
func Donor(i int) ngo.Donor {
	first := [...]string{"Anbu", "Chitra", "Devi", "Ganesan", "Kamala", "Lakshmi", "Murugan", "Nila", "Ravi", "Selvi"}
	last := [...]string{"Raman", "Subramaniam", "Iyer", "Pillai", "Das", "Rao", "Nair"}
	return ngo.Donor{
		Name:  first[i%len(first)] + " " + last[i/len(first)%len(last)],
		EMail: fmt.Sprintf("donor%07d@example.org", i),
		Phone: fmt.Sprintf("+9198%08d", 10_000_000+i),
	}
}
