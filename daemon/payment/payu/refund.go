package payu

import (
	"context"
	"slices"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Refund asks PayU to pay back. PayU says that it refuses a token it has seen (106), and prints answers in which three
// refunds have the same one; so what was done to the payment is looked up first, and a refund with the token is not asked
// for again.
func (a *asking) Refund(ctx context.Context, o payment.RefundOrder) (payment.Refund, error) {
	switch {
	case o.Amount.Currency != ngo.INR:
		return payment.Refund{}, invalid("PayU pays back rupees only")
	case o.Amount.Minor < 1:
		return payment.Refund{}, invalid("the amount to pay back is not above zero")
	}
	id, err := a.idOf(ctx, o.Payment)
	if err != nil {
		return payment.Refund{}, err
	}
	if r, ok, err := a.refundWith(ctx, id, o.Token); ok || err != nil {
		return r, err
	}
	f, err := a.call(ctx, "cancel_refund_transaction", id, o.Token, rupees(o.Amount))
	if err != nil {
		return payment.Refund{}, err
	}
	if refused := f.refundRefusal(); refused != nil {
		if r, ok, err := a.refundWith(ctx, id, o.Token); ok || err != nil {
			return r, err
		}
		return payment.Refund{}, refused
	}
	request := f.first("request_id", "txn_update_id")
	if !validID(request) {
		return payment.Refund{}, &ngo.Error{Code: ngo.Internal, Message: "PayU took the refund and gave it no number"}
	}
	return payment.Refund{Ref: ngo.Ref(request), Token: o.Token, Payment: ngo.Ref(id), State: ngo.RefundPending, Amount: o.Amount}, nil
}

// idOf gives the mihpayid under which PayU refunds.
func (a *asking) idOf(ctx context.Context, p ngo.Payment) (string, error) {
	if validID(string(p.Alias)) {
		return string(p.Alias), nil
	}
	known, err := a.verified(ctx, string(p.Ref))
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(known, func(t transaction) bool {
		return statusState(t.fields["status"], t.fields["unmappedstatus"]) == ngo.PaymentCaptured
	})
	if i < 0 {
		return "", &ngo.Error{Code: ngo.Conflict, Message: "PayU knows of no captured payment " + string(p.Ref)}
	}
	return known[i].id, nil
}

// refundWith finds the refund that was asked for with a token.
func (a *asking) refundWith(ctx context.Context, id, token string) (payment.Refund, bool, error) {
	all, err := a.actions(ctx, id, "")
	if err != nil {
		return payment.Refund{}, false, err
	}
	for _, x := range all {
		if !x.refund() || x.fields.first("token") != token {
			continue
		}
		event, err := refundAnswer(fields{"action": string(x.raw)})
		if err != nil {
			return payment.Refund{}, false, &ngo.Error{Code: ngo.Internal, Message: "PayU's answer about the refund makes no sense", Err: err}
		}
		return *event.Refund, true, nil
	}
	return payment.Refund{}, false, nil
}

// refundRefusal tells why PayU did not take a refund, nil when it did. The numbers are those of its page "error codes for
// refund initiation".
func (f fields) refundRefusal() error {
	code, says := f.first("error_code"), line(f["msg"])
	if says == "" {
		says = "error " + short(code)
	}
	switch code {
	case "100", "101", "102", "112", "122", "126", "127", "225", "226": // done, queued, in progress, waiting for approval
		return nil
	case "106", "109", "227": // it has this token already, which nobody else makes: its list will show the refund
		return &ngo.Error{Code: ngo.Unavailable, Message: "PayU has the refund and does not show it yet: " + says}
	case "104", "120", "123", "214": // to be confirmed, locked, looked at by hand, the same amount within 5 minutes
		return &ngo.Error{Code: ngo.Unavailable, Message: "PayU wants the refund later: " + says}
	case "105", "113", "117", "124", "128":
		return &ngo.Error{Code: ngo.Invalid, Message: "PayU refuses the refund: " + says}
	}
	if f["status"] == "1" {
		return nil
	}
	return &ngo.Error{Code: ngo.Conflict, Message: "PayU refuses the refund: " + says}
}
