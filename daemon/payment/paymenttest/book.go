package paymenttest

import (
	"maps"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// book is what a ledger makes of events, as far as a gateway can spoil it: what is merged must come out the same in every
// order.
type book struct {
	payments map[ngo.Ref]payment.Payment
	refunds  map[ngo.Ref]payment.Refund
}

func read(t *testing.T, events []payment.Event) book {
	t.Helper()
	b := book{payments: map[ngo.Ref]payment.Payment{}, refunds: map[ngo.Ref]payment.Refund{}}
	for _, e := range events {
		if e.Payment != nil {
			b.addPayment(t, *e.Payment)
		}
		if e.Refund != nil {
			b.addRefund(t, *e.Refund)
		}
	}
	return b
}

func (b book) equal(other book) bool {
	return maps.Equal(b.payments, other.payments) && maps.Equal(b.refunds, other.refunds)
}

func (b book) addPayment(t *testing.T, p payment.Payment) {
	t.Helper()
	was, ok := b.payments[p.Ref]
	if !ok {
		b.payments[p.Ref] = p
		return
	}
	if was.Amount != p.Amount {
		t.Errorf("%s is told with two amounts, %v and %v", p.Ref, was.Amount, p.Amount)
	}
	switch {
	case was.Created.IsZero():
		was.Created = p.Created
	case !p.Created.IsZero() && !p.Created.Equal(was.Created):
		t.Errorf("%s was made at %v and at %v", p.Ref, was.Created, p.Created)
	}
	if was.State.CanBecome(p.State) {
		was.State = p.State
	}
	was.Fee, was.Tax = max(was.Fee, p.Fee), max(was.Tax, p.Tax)
	was.International = was.International || p.International
	was.Method, was.Reference, was.Order = better(was.Method, p.Method), better(was.Reference, p.Reference), better(was.Order, p.Order)
	was.Problem, was.Alias = better(was.Problem, p.Problem), ngo.Ref(better(string(was.Alias), string(p.Alias)))
	was.Purpose, was.Campaign = better(was.Purpose, p.Purpose), better(was.Campaign, p.Campaign)
	was.Donor = betterDonor(was.Donor, p.Donor)
	b.payments[p.Ref] = was
}

func betterDonor(a, b ngo.Donor) ngo.Donor {
	return ngo.Donor{
		Name: better(a.Name, b.Name), EMail: better(a.EMail, b.EMail), Phone: better(a.Phone, b.Phone), Address: better(a.Address, b.Address),
		PAN: better(a.PAN, b.PAN), IDKind: ngo.IDKind(better(string(a.IDKind), string(b.IDKind))), IDNumber: better(a.IDNumber, b.IDNumber),
		Language: better(a.Language, b.Language), Citizenship: ngo.Citizenship(better(string(a.Citizenship), string(b.Citizenship))),
	}
}

// better is the longer text, of equally long ones the smaller: the ledger's rule.
func better(a, b string) string {
	if len(a) > len(b) || len(a) == len(b) && a <= b {
		return a
	}
	return b
}

func (b book) addRefund(t *testing.T, r payment.Refund) {
	t.Helper()
	if r.Ref == "" || r.Payment == "" || r.Amount.Minor < 1 {
		t.Errorf("the refund %+v lacks its ref, payment or amount", r)
	}
	was, ok := b.refunds[r.Ref]
	if !ok {
		b.refunds[r.Ref] = r
		return
	}
	if was.Amount != r.Amount {
		t.Errorf("the refund %s is told with two amounts, %v and %v", r.Ref, was.Amount, r.Amount)
	}
	if was.State.CanBecome(r.State) {
		was.State = r.State
	}
	if was.Created.IsZero() || !r.Created.IsZero() && r.Created.Before(was.Created) {
		was.Created = r.Created
	}
	was.Token, was.Reference, was.Problem = better(was.Token, r.Token), better(was.Reference, r.Reference), better(was.Problem, r.Problem)
	was.Payment = ngo.Ref(better(string(was.Payment), string(r.Payment)))
	b.refunds[r.Ref] = was
}

// returned sums the refunds that went through.
func (b book) returned(p payment.Payment) int64 {
	var sum int64
	for _, r := range b.refunds {
		if r.State == ngo.RefundProcessed && (r.Payment == p.Ref || r.Payment == p.Alias) {
			sum += r.Amount.Minor
		}
	}
	return sum
}
