package payu

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/egress"
	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	callTimeout = 30 * time.Second
	maxAnswer   = 32 << 20 // a day of 30,000 payments
	tries       = 4        // of a call that PayU wants to have later
	longestWait = 5 * time.Second
)

// asking is an account that asks PayU. PayU's commands and their answers are as its own pages print them
// (docs.payu.in/reference); nothing here was tried against PayU itself. Where those pages are silent, a comment says
// "not documented".
type asking struct {
	*account
	service string // the address of all commands
	client  *egress.Client
}

var (
	_ payment.Confirmer = (*asking)(nil)
	_ payment.Poller    = (*asking)(nil)
	_ payment.Refunder  = (*asking)(nil)
	_ payment.Checker   = (*asking)(nil)
)

// newAsking makes an account that asks at base. PayU's own address is never nearby; any other is an admin's.
func newAsking(a *account, base string) *asking {
	return &asking{
		account: a, service: base + servicePath,
		client: egress.NewClient(egress.Options{Timeout: callTimeout, MaxBody: maxAnswer, Near: base != usualBase}),
	}
}

func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// call asks one command. It gives also answers with status 0, which means as well that there is nothing to tell.
func (a *asking) call(ctx context.Context, command string, vars ...string) (fields, error) {
	form := url.Values{"key": {a.key}, "command": {command}, "hash": {commandHash(a.key, command, vars[0], a.salts[0])}}
	for i, v := range vars {
		form.Set("var"+strconv.Itoa(i+1), v)
	}
	body, err := a.post(ctx, form.Encode())
	if err != nil {
		return nil, err
	}
	f, err := readObject(body)
	if err != nil || f["status"] == "" && f["msg"] == "" {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's answer to " + command + " makes no sense", Err: err}
	}
	return f, f.refusal()
}

// post sends a form, more than once if PayU wants it later and not much later.
func (a *asking) post(ctx context.Context, form string) ([]byte, error) {
	for try := 1; ; try++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.service, strings.NewReader(form))
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU cannot be asked", Err: err}
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Accept", "application/json")
		answer, err := a.client.Do(req)
		if err == nil {
			return answer.Body, nil
		}
		pause := cmp.Or(egress.RetryAfter(err), time.Duration(try)*200*time.Millisecond)
		if ngo.CodeOf(err) != ngo.Limited || try == tries || pause > longestWait {
			return nil, unasked(err)
		}
		if ctxErr := wait(ctx, pause+rand.N(pause/2+1)); ctxErr != nil {
			return nil, unasked(err)
		}
	}
}

// unasked gives an error of a call as Confirm, Poll and Check may fail: what PayU would never say of our own commands is a
// fault of somebody's, and may be over later.
func unasked(err error) error {
	switch ngo.CodeOf(err) {
	case ngo.Unavailable, ngo.Limited, ngo.Unauthenticated, ngo.Denied, ngo.Internal:
		return err
	}
	return &ngo.Error{Code: ngo.Internal, Message: "PayU cannot be asked", Err: err, Hint: "look at base-url: ngoctl gateway show payu"}
}

// refusal finds an answer that refuses the key or the hash. PayU gives it a status of 0 like any other; its words are not
// documented but for "Invalid Hash".
func (f fields) refusal() error {
	if f["status"] != "0" {
		return nil
	}
	says := folded(f["msg"])
	for _, word := range []string{"invalidhash", "hashmismatch", "incorrecthash", "invalidkey", "invalidmerchant", "merchantkey", "notauthori", "unauthori"} {
		if strings.Contains(says, word) {
			return &ngo.Error{
				Code: ngo.Unauthenticated, Message: "PayU does not accept the merchant key or the salt: " + line(f["msg"]),
				Hint: "compare both with PayU's dashboard, and base-url with the kind of account (test or live): ngoctl gateway show payu",
			}
		}
	}
	if f["error_code"] != "" {
		return nil // the number says more: partial refunds too may be "not allowed"
	}
	if strings.Contains(says, "accessdenied") || strings.Contains(says, "notallowed") || strings.Contains(says, "notenabled") {
		return &ngo.Error{Code: ngo.Denied, Message: "PayU does not allow this: " + line(f["msg"]), Hint: "ask PayU's support to enable its API for your account"}
	}
	return nil
}

// details gives the objects under the answer's list, which PayU spells in three ways.
func (f fields) details() ([]json.RawMessage, error) {
	text := f.first("transaction_details", "Transaction_details", "Transaction_Details")
	if text == "" || text[0] != '{' && text[0] != '[' {
		return nil, nil
	}
	list, err := objects(text)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's list of transactions makes no sense", Err: err}
	}
	return list, nil
}

// Check asks about a payment that cannot be.
func (a *asking) Check(ctx context.Context) error {
	f, err := a.call(ctx, "verify_payment", "ngoctl-check")
	if err != nil {
		return err
	}
	if _, ok := f["transaction_details"]; ok || strings.Contains(folded(f["msg"]), "transactionsfetched") {
		return nil
	}
	return &ngo.Error{Code: ngo.Internal, Message: "PayU answers something else than it was asked: " + line(f["msg"])}
}

// Confirm asks PayU about what a message claims.
func (a *asking) Confirm(ctx context.Context, c payment.Claim) ([][]byte, error) {
	switch c.Kind {
	case claimPayment:
		return a.confirmPayment(ctx, c)
	case claimRefund:
		return a.confirmRefund(ctx, c)
	case claimDispute:
		return a.confirmDispute(ctx, c)
	}
	return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU cannot be asked about a claim of this kind"}
}

// confirmPayment asks for the txnid, which the hash covered, and besides for the mihpayid where the message had another than
// the answer: one txnid can be paid twice. That one counts only if PayU says that it belongs to the txnid. While the API
// still calls pending what PayU's signed message called a success, it does not know of it yet.
func (a *asking) confirmPayment(ctx context.Context, c payment.Claim) ([][]byte, error) {
	known, err := a.verified(ctx, string(c.Ref))
	if err != nil {
		return nil, err
	}
	if id := c.More["mihpayid"]; id != "" && !slices.ContainsFunc(known, func(t transaction) bool { return t.id == id }) {
		f, err := a.call(ctx, "check_payment", id)
		if err != nil {
			return nil, err
		}
		more, err := f.transactions()
		if err != nil {
			return nil, err
		}
		for _, t := range more {
			if t.id == id && t.ref == string(c.Ref) {
				known = append(known, t)
			}
		}
	}
	var out [][]byte
	for _, t := range known {
		if c.More["status"] == "success" && statusState(t.fields["status"], t.fields["unmappedstatus"]) == ngo.PaymentCreated {
			continue
		}
		row, err := a.cardRow(ctx, t)
		if err != nil {
			return nil, err
		}
		out = append(out, answerBody{Kind: answerPayment, Transaction: t.raw, Row: row, Told: covers(c.More)}.bytes())
	}
	return out, nil
}

// covers are the parts of a claim that go into an answer; the rest comes from PayU.
func covers(more map[string]string) map[string]string {
	out := maps.Clone(more)
	delete(out, "mihpayid")
	delete(out, "status")
	return out
}

// transaction is a payment as verify_payment and check_payment give it.
type transaction struct {
	raw     json.RawMessage
	id, ref string
	fields  fields
}

// verified asks for payments by txnid. What PayU does not know it lists with "Not Found" in place of the id.
func (a *asking) verified(ctx context.Context, refs ...string) ([]transaction, error) {
	f, err := a.call(ctx, "verify_payment", strings.Join(refs, "|"))
	if err != nil {
		return nil, err
	}
	all, err := f.transactions()
	return slices.DeleteFunc(all, func(t transaction) bool { return !slices.Contains(refs, t.ref) }), err
}

// transactions gives the payments in an answer: check_payment has one in the place of the list.
func (f fields) transactions() ([]transaction, error) {
	list, err := f.details()
	if err != nil {
		return nil, err
	}
	if text := f["transaction_details"]; isObject([]byte(text)) && len(list) == 0 {
		list = []json.RawMessage{json.RawMessage(text)}
	}
	var out []transaction
	for _, raw := range list {
		t, err := readObject(raw)
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's answer about a payment makes no sense", Err: err}
		}
		if id, ref := t.first("mihpayid"), t.first("txnid"); validID(id) && validRef(ref) {
			out = append(out, transaction{raw: raw, id: id, ref: ref, fields: t})
		}
	}
	return out, nil
}

// cardRow gives the row of get_transaction_info for a captured card payment: only it says whether the card is domestic. That
// it lists a payment at once is not documented, nor that every account may ask: without a row the payment stands as it is.
func (a *asking) cardRow(ctx context.Context, t transaction) (json.RawMessage, error) {
	at := instant(t.fields.first("addedon"))
	kind := method(t.fields.first("mode"))
	if at.IsZero() || kind != "card" && kind != "emi" || statusState(t.fields["status"], t.fields["unmappedstatus"]) != ngo.PaymentCaptured {
		return nil, nil
	}
	f, err := a.call(ctx, "get_transaction_info", stamp(at.Add(-time.Second)), stamp(at.Add(time.Second)))
	if err != nil {
		if code := ngo.CodeOf(err); code == ngo.Unavailable || code == ngo.Limited {
			return nil, err
		}
		return nil, nil
	}
	rows, err := f.rows()
	if err != nil {
		return nil, nil
	}
	for _, r := range rows {
		if r.id == t.id && r.ref == t.ref && !r.back() {
			return r.raw, nil
		}
	}
	return nil, nil
}

func stamp(t time.Time) string { return t.In(ist).Format(time.DateTime) }

// action is one thing done to a payment: captured, refunded, cancelled, charged back.
type action struct {
	raw    json.RawMessage
	fields fields
}

func (x action) refund() bool { return folded(x.fields["action"]) == "refund" }

func (x action) chargeback() bool { return folded(x.fields["action"]) == "chargeback" && x.done() }

func (x action) done() bool { return refundState(x.fields["status"]) == ngo.RefundProcessed }

// actions asks what was done to a payment. It gives nothing when PayU does not know the payment. request, if any, is asked
// for where that finds nothing: PayU documents both arguments for this command.
func (a *asking) actions(ctx context.Context, mihpayid, request string) ([]action, error) {
	f, err := a.call(ctx, "check_action_status", mihpayid, "payuid")
	if err != nil {
		return nil, err
	}
	out, err := f.actions()
	if err != nil || len(out) > 0 || request == "" {
		return out, err
	}
	if f, err = a.call(ctx, "check_action_status", request); err != nil {
		return nil, err
	}
	return f.actions()
}

// actions reads {"transaction_details": {ASKED: {REQUEST: {…}}}}; one that stands a level higher is taken as well.
func (f fields) actions() ([]action, error) {
	list, err := f.details()
	if err != nil {
		return nil, err
	}
	var out []action
	for _, raw := range list {
		inner, err := objects(string(raw))
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's list of refunds makes no sense", Err: err}
		}
		if len(inner) == 0 {
			inner = []json.RawMessage{raw}
		}
		for _, raw := range inner {
			x, err := readObject(raw)
			if err != nil {
				return nil, &ngo.Error{Code: ngo.Internal, Message: "PayU's answer about a refund makes no sense", Err: err}
			}
			if x.first("request_id") != "" && x.first("mihpayid") != "" {
				out = append(out, action{raw: raw, fields: x})
			}
		}
	}
	return out, nil
}

func (a *asking) confirmRefund(ctx context.Context, c payment.Claim) ([][]byte, error) {
	all, err := a.actions(ctx, c.More["mihpayid"], string(c.Ref))
	if err != nil {
		return nil, err
	}
	var out [][]byte
	for _, x := range all {
		if x.refund() && x.fields.first("request_id") == string(c.Ref) && x.fields.first("mihpayid") == c.More["mihpayid"] {
			out = append(out, answerBody{Kind: answerRefund, Action: x.raw}.bytes())
		}
	}
	return out, nil
}

// confirmDispute finds out whether PayU knows the payment, and whether it took money back. What a message says that must
// have been signed is believed. Of any other, that a dispute is there is believed, since then a person looks; how it ended
// is believed only if it agrees with whether PayU lists a chargeback among what was done to the payment. That it lists them
// is not documented.
func (a *asking) confirmDispute(ctx context.Context, c payment.Claim) ([][]byte, error) {
	all, err := a.actions(ctx, c.More["txn_id"], "")
	if err != nil || len(all) == 0 {
		return nil, err
	}
	state, back := disputeState(c.More["cb_status"]), chargedBack(all)
	if !a.signedDisputes && !state.Unsettled() && (state == ngo.DisputeLost) != back {
		state = ngo.DisputeUnderReview
	}
	said := answerBody{Kind: answerDispute, Told: c.More, State: string(state)}
	if state != ngo.DisputeLost || !back {
		return [][]byte{said.bytes()}, nil
	}
	return said.withTaken(all), nil
}

// withTaken gives a dispute that was lost, and the chargebacks by which the money went. They have numbers of their own, under
// which a settlement tells of them as well: the money is counted under these, and never a second time under the case's.
func (b answerBody) withTaken(all []action) [][]byte {
	var taken [][]byte
	for _, x := range all {
		switch {
		case !x.chargeback():
		case x.fields.first("request_id") == strings.TrimSpace(b.Told["cb_id"]):
			return [][]byte{b.bytes()}
		default:
			taken = append(taken, answerBody{Kind: answerDispute, Action: x.raw}.bytes())
		}
	}
	b.Apart = true
	return append([][]byte{b.bytes()}, taken...)
}

// chargedBack tells whether the bank took the money back for good.
func chargedBack(all []action) bool {
	taken := 0
	for _, x := range all {
		switch {
		case x.chargeback():
			taken++
		case folded(x.fields["action"]) == "chargebackreversal" && x.done():
			taken--
		}
	}
	return taken > 0
}
