package apiserver

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/payment/desk"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// addDonation enters a gift that came by hand. It is kept as a delivery, so that it takes the road of all others. Who asks again
// with the same key is told what became of it.
func (s *Server) addDonation(ctx context.Context, in *orgBody[api.NewDonation]) (*answer[api.Entered], error) {
	o, err := s.open(ctx, in.OrgPath)
	if err != nil {
		return nil, err
	}
	e, err := entry(in.Body, o.Day(s.o.Now()))
	if err != nil {
		return nil, err
	}
	body, err := e.JSON()
	if err != nil {
		return nil, err
	}
	out := answer[api.Entered]{entered(e)}
	known, err := before(ctx, o, e, body, &out.Body)
	if err != nil || known {
		return &out, err
	}
	if in.Body.DryRun {
		out.Body.DryRun, out.Body.Ref = true, ""
		return &out, nil
	}
	err = o.Store.Write(ctx, store.Ack, actor(ctx), func(tx *store.Tx) error {
		account, err := deskAccount(tx, o.Store)
		if err != nil {
			return err
		}
		d := o.Store.NewDelivery(account.ID, string(e.ID), body).Polled()
		if known, err = find(&tx.Rx, d, account.ID, e.ID, &out.Body); err != nil || known { // since we looked
			return err
		}
		_, err = tx.AddDelivery(d)
		out.Body.Delivery = d.ID
		return err
	})
	return &out, err
}

// before tells whether the entry was made before, and what became of it.
func before(ctx context.Context, o *org.Org, e desk.Entry, body []byte, out *api.Entered) (known bool, err error) {
	err = o.Store.Read(ctx, func(rx *store.Rx) error {
		account, err := rx.Account(ngo.Gateway, desk.Name)
		if ngo.CodeOf(err) == ngo.NotFound {
			return nil
		}
		if err != nil {
			return err
		}
		known, err = find(rx, o.Store.NewDelivery(account.ID, string(e.ID), body), account.ID, e.ID, out)
		return err
	})
	return known, err
}

// find looks for an entry that was made before under the same id. It fails with Conflict when that says something else.
func find(rx *store.Rx, d store.NewDelivery, account ngo.AccountID, id ngo.Ref, out *api.Entered) (known bool, err error) {
	kept, err := rx.Entered(account, string(id))
	if ngo.CodeOf(err) == ngo.NotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !d.Is(kept) {
		return false, &ngo.Error{Code: ngo.Conflict, Message: "another gift was entered with this key before", Hint: "take another key for another gift; what was entered: ngoctl donation list --gateway " + desk.Name}
	}
	out.Delivery, out.Again, out.Problem = kept.ID, true, kept.Reason
	p, err := rx.PaymentByRef(account, id)
	if ngo.CodeOf(err) == ngo.NotFound {
		return true, nil // it was not worked on yet
	}
	if err != nil {
		return true, err
	}
	gift, err := rx.DonationOf(p.ID)
	if err != nil {
		return true, err
	}
	shown, err := readDonation(rx, gift.ID)
	out.Donation = &shown
	return true, err
}

// deskAccount gives the account for what is entered by hand, and makes it at the first entry.
func deskAccount(tx *store.Tx, o *store.Org) (ngo.Account, error) {
	a, err := tx.Account(ngo.Gateway, desk.Name)
	if err == nil && a.Driver != desk.Name {
		return a, &ngo.Error{
			Code: ngo.Conflict, Message: "the gateway called " + desk.Name + " is one of " + a.Driver + ", and that name is needed for gifts by hand",
			Hint: "remove it, and connect it under another name: ngoctl gateway add " + a.Driver + " --name NAME",
		}
	}
	if ngo.CodeOf(err) != ngo.NotFound {
		return a, err
	}
	n := o.NewAccount(ngo.Gateway, desk.Name, desk.Name, desk.Settings(), nil)
	removed, err := tx.RemovedAccount(ngo.Gateway, desk.Name, desk.Name)
	switch {
	case err == nil:
		n = o.AccountAgain(removed, desk.Settings(), nil)
	case ngo.CodeOf(err) != ngo.NotFound:
		return a, err
	}
	return n.Account, tx.AddAccount(n)
}

// entered shows an entry to people.
func entered(e desk.Entry) api.Entered {
	return api.Entered{
		Ref: e.ID, Amount: ngo.Money{Minor: e.AmountMinor, Currency: e.Currency}, Method: e.Method, Given: e.Given, Reference: e.Reference,
		Donor: masked(e.Donor),
	}
}

// entry checks all that is told of a gift. It fails with Invalid.
func entry(n api.NewDonation, today ngo.Date) (desk.Entry, error) {
	given, err := givenDay(n.Given, today)
	if err != nil {
		return desk.Entry{}, err
	}
	reference, err := reference(n)
	if err != nil {
		return desk.Entry{}, err
	}
	for _, f := range []struct{ name, text string }{
		{"name", n.Name}, {"address", n.Address}, {"purpose", n.Purpose}, {"campaign", n.Campaign}, {"description", n.Description},
	} {
		if err := checkText(f.name, f.text); err != nil {
			return desk.Entry{}, err
		}
	}
	idKind, citizenship := string(n.IDKind), string(n.Citizenship)
	d, err := store.DonorEdit{
		Name: &n.Name, Address: &n.Address, EMail: &n.EMail, Phone: &n.Phone, PAN: &n.PAN, IDKind: &idKind, IDNumber: &n.IDNumber,
		Language: &n.Language, Citizenship: &citizenship, Purpose: &n.Purpose, Campaign: &n.Campaign, Born: &n.Born,
	}.Gift(given)
	if err != nil {
		return desk.Entry{}, err
	}
	return desk.Entry{
		ID: entryID(n.Key), Method: n.Method, AmountMinor: n.AmountMinor, Currency: ngo.INR, Given: given, Reference: reference,
		Donor: d.Donor, Purpose: d.Purpose, Campaign: d.Campaign,
	}, nil
}

func givenDay(text string, today ngo.Date) (ngo.Date, error) {
	if text == "" {
		return today, nil
	}
	day, err := ngo.ParseDate(text)
	if err == nil && (day < desk.FirstDay || day > today) {
		err = &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("a gift cannot be entered for %s", day), Hint: fmt.Sprintf("its day is between %s and today, %s", desk.FirstDay, today)}
	}
	return day, err
}

// reference gives the number of a cheque or of a transfer, or what a gift in kind is. A bank's number may look like any other, so it
// is not held against the form of an Aadhaar number. The receipt prints it as the bank's, which cash has none of.
func reference(n api.NewDonation) (string, error) {
	number, what := strings.TrimSpace(n.Reference), strings.Join(strings.Fields(n.Description), " ")
	kind := n.Method == desk.Kind
	switch {
	case kind && what == "":
		return "", &ngo.Error{Code: ngo.Invalid, Message: "it is not told what was given", Hint: `say it in a few words, for the receipt: --description "40 kg of rice"`}
	case !kind && what != "":
		return "", &ngo.Error{Code: ngo.Invalid, Message: "a description is of gifts in kind", Hint: "what the gift is for is its purpose: --purpose"}
	case number != "" && n.Method != desk.Cheque && n.Method != desk.BankTransfer:
		return "", &ngo.Error{Code: ngo.Invalid, Message: "a reference is the bank's number, of a cheque or a transfer", Hint: "leave it out; a number of your own, by which it is entered once, is its key: --key"}
	case !printable(number):
		return "", &ngo.Error{Code: ngo.Invalid, Message: "the reference has signs in it that cannot be printed"}
	case kind:
		return what, nil
	}
	return number, nil
}

// checkText refuses what could not be shown in a line, and what hides an Aadhaar number.
func checkText(name, s string) error {
	switch {
	case !printable(s):
		return &ngo.Error{Code: ngo.Invalid, Message: "the " + name + " has signs in it that cannot be printed"}
	case ngo.HideAadhaar(s) != s:
		return &ngo.Error{Code: ngo.Invalid, Message: "the " + name + " has what looks like an Aadhaar number in it, and such a number is never kept", Hint: "leave it out"}
	}
	return nil
}

// entryID is what an entry is known by: the caller's key, or chance.
func entryID(key string) ngo.Ref {
	if key == "" {
		return ngo.Ref(ngo.ByHandPrefix + strings.ToLower(rand.Text()))
	}
	sum := sha256.Sum256([]byte(key))
	return ngo.Ref(ngo.ByHandPrefix + hex.EncodeToString(sum[:16]))
}
