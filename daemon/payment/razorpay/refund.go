package razorpay

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// idempotencyHeader carries our id of a refund: with the same one and the same body Razorpay refunds once.
const idempotencyHeader = "X-Refund-Idempotency"

// Refund asks Razorpay to pay back. It looks first whether Razorpay did so already: how long an idempotency key is remembered
// is nowhere promised, and an order whose fate is open is given again days later. The body is the same each time for the same
// order.
func (a asked) Refund(ctx context.Context, o payment.RefundOrder) (payment.Refund, error) {
	if err := checkOrder(o); err != nil {
		return payment.Refund{}, err
	}
	made, found, err := a.made(ctx, o)
	if err != nil || found {
		return made, err
	}
	body, err := json.Marshal(map[string]any{
		"amount": o.Amount.Minor, "speed": "normal", "receipt": o.Token,
		"notes": map[string]string{tokenNote: o.Token, "reason": payment.Cut(o.Reason, maxName)},
	})
	if err != nil {
		return payment.Refund{}, fmt.Errorf("write a refund: %w", err)
	}
	answer, err := a.api.call(ctx, http.MethodPost, "/payments/"+string(o.Payment.Ref)+"/refund", http.Header{
		"Content-Type": {"application/json"}, idempotencyHeader: {o.Token},
	}, body)
	if err != nil {
		return payment.Refund{}, refusal(err)
	}
	return readAnswer(o, answer.Body)
}

// made looks for the refund of this order among those of its payment.
func (a asked) made(ctx context.Context, o payment.RefundOrder) (made payment.Refund, found bool, err error) {
	err = list(ctx, a.api.ask, "/payments/"+string(o.Payment.Ref)+"/refunds", url.Values{}, func(item json.RawMessage) error {
		doc, err := readJSON(item)
		if err != nil || found || token(doc) != o.Token {
			return nil // what cannot be read is not ours: we write no such notes
		}
		made, err = readAnswer(o, item)
		found = true
		return err
	})
	switch ngo.CodeOf(err) {
	case ngo.Invalid, ngo.NotFound: // the order itself will be told why
		return payment.Refund{}, false, nil
	}
	return made, found, err
}

func checkOrder(o payment.RefundOrder) error {
	switch {
	case !isToken(o.Token):
		return invalid("the refund has no usable id of ours")
	case !validRef(string(o.Payment.Ref), "pay_"):
		return invalid("the payment is not one of Razorpay's")
	case o.Amount.Minor < 1 || o.Amount.Currency != o.Payment.Amount.Currency:
		return invalid("the amount to refund is not above zero, or not in the payment's currency")
	}
	return nil
}

// refusal sorts out what is refused for good. A conflict is not: Razorpay is at work on this very order.
func refusal(err error) error {
	switch ngo.CodeOf(err) {
	case ngo.Conflict:
		return &ngo.Error{Code: ngo.Unavailable, Message: "Razorpay is still at work on this refund", Err: err}
	case ngo.NotFound:
		return &ngo.Error{Code: ngo.Invalid, Message: "Razorpay does not know this payment", Err: err}
	}
	return err
}

// readAnswer reads the refund that Razorpay made. It fails with Internal when it is not what was ordered: the money may have
// gone back all the same, and the same order finds out.
func readAnswer(o payment.RefundOrder, body []byte) (payment.Refund, error) {
	doc, err := readJSON(body)
	if err != nil {
		return payment.Refund{}, &ngo.Error{Code: ngo.Internal, Message: "Razorpay's answer to a refund cannot be read", Err: err}
	}
	r, err := readRefund(doc)
	if err != nil {
		return payment.Refund{}, &ngo.Error{Code: ngo.Internal, Message: "Razorpay's answer to a refund makes no sense", Err: err}
	}
	if r.Payment != o.Payment.Ref || r.Amount != o.Amount || r.Token != "" && r.Token != o.Token {
		return payment.Refund{}, &ngo.Error{Code: ngo.Internal, Message: "Razorpay made another refund than was asked for"}
	}
	r.Token = o.Token
	return *r, nil
}
