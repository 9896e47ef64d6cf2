package apiserver

import (
	"context"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// changeGift runs what a person does to a gift, and gives the act that undoes it with the gift as it is then.
func (s *Server) changeGift(ctx context.Context, in IDPath, do func(*store.Tx, ngo.DonationID) (ngo.Act, error)) (*answer[api.Changed], error) {
	var out answer[api.Changed]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) (err error) {
		id := ngo.DonationID(in.ID)
		if out.Body.Act, err = do(tx, id); err != nil {
			return err
		}
		d, err := tx.Donation(id)
		d.Donor = masked(d.Donor)
		out.Body.Donation = d
		return err
	})
	return &out, err
}

func (s *Server) editDonation(ctx context.Context, in *idBody[api.DonationEdit]) (*answer[api.Changed], error) {
	return s.changeGift(ctx, in.IDPath, func(tx *store.Tx, id ngo.DonationID) (ngo.Act, error) {
		return tx.EditDonation(id, edited(in.Body))
	})
}

func edited(e api.DonationEdit) store.DonorEdit {
	return store.DonorEdit{
		Name: e.Name, Address: e.Address, EMail: e.EMail, Phone: e.Phone, PAN: e.PAN,
		IDKind: (*string)(e.IDKind), IDNumber: e.IDNumber, Language: e.Language, Citizenship: (*string)(e.Citizenship),
		Purpose: e.Purpose, Campaign: e.Campaign, Born: e.Born, Declined: e.Declined,
	}
}

func (s *Server) holdDonation(ctx context.Context, in *idBody[api.Why]) (*answer[api.Changed], error) {
	if err := checkReason(in.Body.Reason, true); err != nil {
		return nil, err
	}
	return s.changeGift(ctx, in.IDPath, func(tx *store.Tx, id ngo.DonationID) (ngo.Act, error) {
		return tx.HoldDonation(id, in.Body.Reason)
	})
}

func (s *Server) releaseDonation(ctx context.Context, in *idBody[api.Why]) (*answer[api.Changed], error) {
	if err := checkReason(in.Body.Reason, false); err != nil {
		return nil, err
	}
	return s.changeGift(ctx, in.IDPath, func(tx *store.Tx, id ngo.DonationID) (ngo.Act, error) {
		return tx.ReleaseDonation(id, in.Body.Reason)
	})
}

// checkReason refuses what could not be shown in a line. It fails with Invalid.
func checkReason(reason string, needed bool) error {
	switch {
	case needed && strings.TrimSpace(reason) == "":
		return &ngo.Error{Code: ngo.Invalid, Message: "a reason is missing", Hint: "say in a sentence why: whoever looks at it next reads that"}
	case !printable(reason):
		return &ngo.Error{Code: ngo.Invalid, Message: "the reason has signs in it that cannot be printed"}
	}
	return nil
}

// refundDonation leaves the order; the gateway is asked by the job that it leaves. Where it cannot be asked that is said at
// once, before anything is written.
func (s *Server) refundDonation(ctx context.Context, in *idBody[api.RefundRequest]) (*answer[ngo.Refund], error) {
	if err := checkReason(in.Body.Reason, true); err != nil {
		return nil, err
	}
	if err := s.canRefund(ctx, in.IDPath, in.Body.ByHand); err != nil {
		return nil, err
	}
	var out answer[ngo.Refund]
	err := s.write(ctx, in.OrgPath, func(tx *store.Tx) error {
		d, err := tx.Donation(ngo.DonationID(in.ID))
		if err != nil {
			return err
		}
		var amount ngo.Money // all that remains
		if in.Body.AmountMinor > 0 {
			amount = ngo.Money{Minor: in.Body.AmountMinor, Currency: d.Amount.Currency}
		}
		out.Body, err = tx.RequestRefund(d.ID, amount, in.Body.Reason)
		return err
	})
	return &out, err
}

// canRefund fails with Conflict when the gateway that a gift came through cannot be asked to pay back. A gift that was entered
// by hand goes back by hand: whoever takes that for a gateway's must not believe that the donor is paid.
func (s *Server) canRefund(ctx context.Context, in IDPath, byHand bool) error {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return err
	}
	var account ngo.AccountID
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		d, err := rx.Donation(ngo.DonationID(in.ID))
		if err != nil {
			return err
		}
		p, err := rx.Payment(d.Payment)
		account = p.Account
		return err
	})
	if err != nil {
		return err
	}
	info, opened, err := o.GatewayByID(ctx, account)
	if err != nil {
		return err
	}
	entered := info.Driver == desk.Name
	switch {
	case entered && !byHand:
		return &ngo.Error{
			Code: ngo.Conflict, Message: "this gift was entered by hand: no gateway can be asked to pay it back",
			Hint: "once you have given it back, or when the entry was a mistake: ngoctl donation refund " + in.ID + ` --by-hand --reason "…"`,
		}
	case !entered && byHand:
		return &ngo.Error{
			Code: ngo.Conflict, Message: "this gift came through " + info.Name + ", which pays it back",
			Hint: "leave --by-hand out, and it is asked to",
		}
	case !org.AbilitiesOf(opened).Refund:
		return &ngo.Error{
			Code: ngo.Conflict, Message: "the gateway " + info.Name + " cannot be asked to pay back: it has no credentials for that",
			Hint: "refund it on the gateway's own pages, from where it comes here by itself; or enter the credentials: ngoctl gateway set " + info.Name,
		}
	}
	return nil
}
