package payu

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	verifiedAtOnce = 50   // txnids in one verify_payment; how many PayU takes is not documented
	pageSize       = 2000 // rows of get_settlement_details, its own default
	maxPages       = 50
)

// Poll gives what PayU knows of a window. First the settlements of its days, which show refunds and chargebacks of payments
// however old; then, day by day, the refunds of the day's payments and the payments. That PayU does not answer one of the
// first two is told once the rest was, and it is not asked for it again until then.
func (a *asking) Poll(ctx context.Context, w payment.Window, yield func(body []byte) error) error {
	if !w.From.Before(w.To) {
		return nil
	}
	days := daysOf(w)
	var refused refusals
	for _, day := range days {
		over := !day.AddDate(0, 0, 1).After(w.To)
		if err := a.pollSettlements(ctx, day, over, &refused, yield); err != nil {
			return err
		}
	}
	for _, day := range days {
		if err := a.pollDay(ctx, day, w, &refused, yield); err != nil {
			return err
		}
	}
	return errors.Join(refused.settlements, refused.actions)
}

// refusals are why PayU does not answer commands without which its payments are told all the same.
type refusals struct{ settlements, actions error }

// passable tells whether other commands may be answered although one was not.
func passable(ctx context.Context, err error) bool {
	code := ngo.CodeOf(err)
	return ctx.Err() == nil && (code == ngo.Internal || code == ngo.Unavailable)
}

func unanswered(command string, err error) error {
	return &ngo.Error{Code: ngo.CodeOf(err), Message: "PayU does not answer " + command, Err: err}
}

// daysOf gives the days in India, at their start, that a window touches.
func daysOf(w payment.Window) []time.Time {
	y, m, d := w.From.In(ist).Date()
	var out []time.Time
	for day := time.Date(y, m, d, 0, 0, 0, 0, ist); day.Before(w.To); day = day.AddDate(0, 0, 1) {
		out = append(out, day)
	}
	return out
}

// row is a line of get_Transaction_Details or get_transaction_info.
type row struct {
	raw     json.RawMessage
	id, ref string
	at      time.Time
	fields  fields
}

// back tells whether the line shows that money went back.
func (r row) back() bool {
	return folded(r.fields["action"]) == "refund" || goneBack(folded(r.fields["status"]))
}

func (r row) captured() bool {
	return statusState(r.fields["status"], r.fields["action"]) == ngo.PaymentCaptured
}

func (f fields) rows() ([]row, error) {
	list, err := f.details()
	if err != nil {
		return nil, err
	}
	var out []row
	for _, raw := range list {
		x, err := readObject(raw)
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's list of transactions makes no sense", Err: err}
		}
		out = append(out, row{raw: raw, id: x.first("id", "mihpayid"), ref: x.first("txnid"), at: instant(x.first("addedon")), fields: x})
	}
	return out, nil
}

// dayRows asks for a day. Whether the second day is in the answer is not documented, so the next one is named and what lies
// outside is passed over.
func (a *asking) dayRows(ctx context.Context, day time.Time) ([]row, error) {
	f, err := a.call(ctx, "get_Transaction_Details", day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
	if err != nil {
		return nil, err
	}
	rows, err := f.rows()
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 && f["status"] != "1" && !f.nothing() {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU does not list the payments of " + day.Format(time.DateOnly) + ": " + line(f["msg"])}
	}
	return rows, nil
}

// nothing tells whether a status 0 says that there is nothing to tell. PayU's words for that are documented for single
// payments only, so whatever speaks of no such thing is taken; any other refusal is one, and hides no gifts.
func (f fields) nothing() bool {
	says := folded(f["msg"])
	if strings.HasPrefix(says, "0outof") {
		return true
	}
	for _, thing := range []string{"transaction", "record", "data", "result", "payment"} {
		if strings.Contains(says, "no"+thing) || strings.Contains(says, thing) && (strings.Contains(says, "notfound") || strings.Contains(says, "notexist")) {
			return true
		}
	}
	return false
}

func (a *asking) pollDay(ctx context.Context, day time.Time, w payment.Window, refused *refusals, yield func([]byte) error) error {
	rows, err := a.dayRows(ctx, day)
	if err != nil {
		return err
	}
	end := day.AddDate(0, 0, 1)
	rows = slices.DeleteFunc(rows, func(r row) bool {
		outside := r.at.Before(w.From) || !r.at.Before(w.To) || r.at.Before(day) || !r.at.Before(end)
		return outside && !r.at.IsZero() // a payment without a time that can be read is better told twice than never
	})
	if err := a.pollRefunds(ctx, rows, refused, yield); err != nil {
		return err
	}
	rows = slices.DeleteFunc(rows, func(r row) bool { return folded(r.fields["action"]) == "refund" })
	for part := range slices.Chunk(rows, verifiedAtOnce) {
		if err := a.pollPayments(ctx, part, yield); err != nil {
			return err
		}
	}
	return nil
}

// pollRefunds asks what was done to each payment of which money could have gone back. Whether get_Transaction_Details shows
// that, by a status or in a line of its own, is not documented, so nothing hangs on it. Where PayU has not enabled the
// command, payments are told without their refunds.
func (a *asking) pollRefunds(ctx context.Context, rows []row, refused *refusals, yield func([]byte) error) error {
	asked := map[string]bool{}
	for _, r := range rows {
		if refused.actions != nil {
			return nil
		}
		if asked[r.id] || !validID(r.id) || !r.back() && !r.captured() {
			continue
		}
		asked[r.id] = true
		all, err := a.actions(ctx, r.id, "")
		switch {
		case ngo.CodeOf(err) == ngo.Denied:
			return nil
		case err != nil && passable(ctx, err):
			refused.actions = unanswered("check_action_status", err)
			return nil
		case err != nil:
			return err
		}
		for _, x := range all {
			if !x.refund() {
				continue
			}
			if err := yield(answerBody{Kind: answerRefund, Action: x.raw}.bytes()); err != nil {
				return err
			}
		}
	}
	return nil
}

// pollPayments gives payments, with verify_payment's word on those that were captured: only it tells all that the form
// asked, and a payment that is known is not asked for again. One of which it does not say yet that the money came is left
// for a later asking; one that it clearly does not know is told as the list has it.
func (a *asking) pollPayments(ctx context.Context, rows []row, yield func([]byte) error) error {
	told, err := a.told(ctx, rows)
	if err != nil {
		return err
	}
	for _, r := range rows {
		t, ok := told[r.id]
		if ok && statusState(t.fields["status"], t.fields["unmappedstatus"]) == ngo.PaymentCreated {
			continue
		}
		if err := yield(answerBody{Kind: answerPayment, Transaction: t.raw, Row: r.raw}.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// told gives, by mihpayid, what PayU says of the payments that a list shows captured. Of two under one txnid verify_payment
// knows one only.
func (a *asking) told(ctx context.Context, rows []row) (map[string]transaction, error) {
	rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool { return !r.captured() || !validRef(r.ref) })
	var refs []string
	for _, r := range rows {
		if !slices.Contains(refs, r.ref) {
			refs = append(refs, r.ref)
		}
	}
	if len(refs) == 0 {
		return nil, nil
	}
	all, err := a.tellings(ctx, refs)
	if err != nil {
		return nil, err
	}
	told, known := map[string]transaction{}, map[string]bool{}
	for _, t := range all {
		told[t.id], known[t.ref] = t, true
	}
	for _, r := range rows {
		if _, ok := told[r.id]; ok || !known[r.ref] || !validID(r.id) {
			continue
		}
		t, err := a.checked(ctx, r)
		if err != nil {
			return nil, err
		}
		if t.id != "" {
			told[t.id] = t
		}
	}
	return told, nil
}

// tellings asks about payments by txnid. What an answer about many passes over is asked for alone: how many PayU takes is not
// documented.
func (a *asking) tellings(ctx context.Context, refs []string) ([]transaction, error) {
	f, err := a.call(ctx, "verify_payment", strings.Join(refs, "|"))
	if err != nil {
		return nil, err
	}
	all, err := f.transactions()
	if err != nil || len(all) == 0 && f.nothing() {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(t transaction) bool { return !slices.Contains(refs, t.ref) })
	for _, ref := range refs {
		switch {
		case slices.ContainsFunc(all, func(t transaction) bool { return t.ref == ref }) || f.unknown(ref):
		case len(refs) == 1:
			return nil, f.silent("verify_payment", ref)
		default:
			more, err := a.tellings(ctx, []string{ref})
			if err != nil {
				return nil, err
			}
			all = append(all, more...)
		}
	}
	return all, nil
}

// checked asks about one payment by mihpayid; it gives an empty one that PayU clearly does not know.
func (a *asking) checked(ctx context.Context, r row) (transaction, error) {
	f, err := a.call(ctx, "check_payment", r.id)
	if err != nil {
		return transaction{}, err
	}
	all, err := f.transactions()
	if err != nil {
		return transaction{}, err
	}
	for _, t := range all {
		if t.id == r.id && t.ref == r.ref {
			return t, nil
		}
	}
	if f.unknown("") || len(all) == 0 && f.nothing() {
		return transaction{}, nil
	}
	return transaction{}, f.silent("check_payment", r.ref)
}

// unknown tells whether an answer says that PayU does not know a txnid, or what alone was asked for.
func (f fields) unknown(ref string) bool {
	said, err := readObject([]byte(f["transaction_details"]))
	if err == nil && ref != "" {
		said, err = readObject([]byte(said[ref]))
	}
	return err == nil && (folded(said["mihpayid"]) == "notfound" || folded(said["status"]) == "notfound")
}

func (f fields) silent(command, ref string) error {
	return &ngo.Error{Code: ngo.Internal, Message: "PayU's " + command + " does not tell of the payment " + ref + ": " + line(f["msg"])}
}

// pollSettlements gives the refunds and chargebacks that PayU took out of a day's payouts, and the payouts. A chargeback
// that was reversed later is left to a person: the loss stands in the ledger until then. A payout is told once its day is
// over, as rows may join it until then.
func (a *asking) pollSettlements(ctx context.Context, day time.Time, over bool, refused *refusals, yield func([]byte) error) error {
	if refused.settlements != nil {
		return nil
	}
	rows, err := a.settled(ctx, day)
	switch {
	case err != nil && passable(ctx, err):
		refused.settlements = unanswered("get_settlement_details", err)
		return nil
	case err != nil:
		return err
	}
	var payouts []*payout
	for _, raw := range rows {
		x, err := readObject(raw)
		if err != nil {
			return &ngo.Error{Code: ngo.Internal, Message: "PayU's list of settlements makes no sense", Err: err}
		}
		payouts = add(payouts, x, day)
		kind := map[string]string{"refund": answerRefund, "chargeback": answerDispute}[folded(x["requestaction"])]
		if kind == "" || !validID(x.first("requestid")) || !validID(x.first("payuid")) {
			continue
		}
		if err := yield(answerBody{Kind: kind, Settled: raw}.bytes()); err != nil {
			return err
		}
	}
	for _, p := range payouts {
		if !over || p.Net < 0 || p.Net > maxAmount {
			continue
		}
		if err := yield(answerBody{Kind: answerSettlement, Payout: p}.bytes()); err != nil {
			return err
		}
	}
	return nil
}

// settled gives the rows of a day. A day without any has an empty list or a status of 0; where PayU has not enabled the
// command there are none either. Without a page the first 2000 come; whether pages count from 0 or from 1 is not documented,
// so those that came before are passed over.
func (a *asking) settled(ctx context.Context, day time.Time) ([]json.RawMessage, error) {
	var out []json.RawMessage
	seen := map[string]bool{}
	for page := range maxPages {
		vars := []string{day.Format(time.DateOnly)}
		if page > 0 {
			vars = append(vars, strconv.Itoa(page), strconv.Itoa(pageSize))
		}
		rows, err := a.settledPage(ctx, vars)
		if err != nil {
			return nil, err
		}
		before := len(out)
		for _, raw := range rows {
			if !seen[string(raw)] {
				seen[string(raw)] = true
				out = append(out, raw)
			}
		}
		if len(rows) < pageSize || page > 1 && len(out) == before {
			return out, nil
		}
	}
	return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's list of settlements has no end"}
}

func (a *asking) settledPage(ctx context.Context, vars []string) ([]json.RawMessage, error) {
	f, err := a.call(ctx, "get_settlement_details", vars...)
	if ngo.CodeOf(err) == ngo.Denied {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	text := f.first("Txn_details", "result")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, nil
	}
	rows, err := objects(text)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's list of settlements makes no sense", Err: err}
	}
	return rows, nil
}

// add puts a row to the payout it went out with.
func add(all []*payout, x fields, day time.Time) []*payout {
	utr := x.first("mer_utr", "mer_UTR")
	net, ok := nearestPaise(x.first("mer_net_amount"))
	if !ok || !validID(utr) {
		return all
	}
	fee, _ := nearestPaise(x.first("mer_service_fee"))
	tax, _ := nearestPaise(x.first("mer_service_tax"))
	i := slices.IndexFunc(all, func(p *payout) bool { return p.UTR == utr })
	if i < 0 {
		all, i = append(all, &payout{UTR: utr, Day: day.Format(time.DateOnly)}), len(all)
	}
	all[i].Net, all[i].Fee, all[i].Tax = all[i].Net+net, all[i].Fee+fee, all[i].Tax+tax
	return all
}
