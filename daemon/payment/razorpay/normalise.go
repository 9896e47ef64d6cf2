package razorpay

import (
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/payment"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// The events that are ours: what Poll was told, and what tries the way in.
const (
	polled = "ngoctl.polled"
	probed = "ngoctl.probe"
)

// needs names what each event that may speak of money cannot do without; "" where a payment, refund, dispute or settlement
// may be there or not. Events that are not listed mean nothing to the ledger, whatever is in them.
var needs = map[string]string{
	polled:                            "",
	"payment.authorized":              "payment",
	"payment.captured":                "payment",
	"payment.failed":                  "payment",
	"order.paid":                      "payment",
	"refund.created":                  "refund",
	"refund.processed":                "refund",
	"refund.failed":                   "refund",
	"refund.speed_changed":            "refund",
	"payment.dispute.created":         "dispute",
	"payment.dispute.under_review":    "dispute",
	"payment.dispute.action_required": "dispute",
	"payment.dispute.won":             "dispute",
	"payment.dispute.lost":            "dispute",
	"payment.dispute.closed":          "dispute",
	"settlement.processed":            "settlement",
	"payment_link.paid":               "payment",
	"payment_link.partially_paid":     "payment",
	"payment_link.cancelled":          "",
	"payment_link.expired":            "",
	"qr_code.created":                 "",
	"qr_code.credited":                "payment",
	"qr_code.closed":                  "",
	"virtual_account.created":         "",
	"virtual_account.credited":        "payment",
	"virtual_account.closed":          "",
	"subscription.authenticated":      "",
	"subscription.activated":          "",
	"subscription.charged":            "payment",
	"subscription.completed":          "",
	"subscription.updated":            "",
	"subscription.pending":            "",
	"subscription.halted":             "",
	"subscription.cancelled":          "",
	"subscription.paused":             "",
	"subscription.resumed":            "",
	"invoice.paid":                    "payment",
	"invoice.partially_paid":          "payment",
	"invoice.expired":                 "",
	"token.confirmed":                 "",
	"token.rejected":                  "",
	"token.cancelled":                 "",
	"token.paused":                    "",
	"token.resumed":                   "",
}

// Normalise reads a verified body, or one that Poll gave: the payment, refund, dispute and settlement in it, each in the
// state that the entity itself shows, whatever the event is called. It fails with Invalid, in words for the person who then
// looks at the delivery; the event's name is given also then, if it could be read.
func (a *account) Normalise(body []byte) (payment.Event, error) {
	doc, err := readJSON(body)
	if err != nil {
		return payment.Event{}, invalid("the body cannot be read: " + err.Error())
	}
	name := payment.Cut(ngo.Printable(doc.get("event").text()), maxName)
	if doc.kind() != object || name == "" {
		return payment.Event{Name: name}, invalid("the body is not a Razorpay event: it has no event name")
	}
	if id := doc.get("account_id").text(); a.id != "" && id != a.id {
		return payment.Event{Name: name}, &ngo.Error{
			Code: ngo.Invalid, Message: "the event belongs to another Razorpay account",
			Hint: "compare its account_id with account-id here: ngoctl gateway show razorpay",
		}
	}
	need, known := needs[name]
	if !known {
		return payment.Event{Name: name}, nil
	}
	payload := doc.get("payload")
	if need != "" && payload.get(need).get("entity").kind() != object {
		return payment.Event{Name: name}, invalid("the event carries no " + need)
	}
	event, err := a.readPayload(payload, eventTime(doc))
	if err != nil {
		return payment.Event{Name: name}, err
	}
	event.Name = name
	if name == "payment.captured" && event.Payment != nil && event.Payment.State != ngo.PaymentCaptured {
		return payment.Event{Name: name}, invalid("the event says that the payment is captured, its status says otherwise")
	}
	return event, nil
}

func invalid(message string) error { return &ngo.Error{Code: ngo.Invalid, Message: message} }

// readPayload reads every entity that is there. An event in which nothing is there has no time either.
func (a *account) readPayload(payload value, at time.Time) (payment.Event, error) {
	var e payment.Event
	var err error
	if x := payload.get("payment").get("entity"); x.kind() == object && !registersMandate(x) {
		if e.Payment, err = a.readPayment(payload, x, at); err != nil {
			return payment.Event{}, err
		}
	}
	if x := payload.get("refund").get("entity"); x.kind() == object {
		if e.Refund, err = readRefund(x); err != nil {
			return payment.Event{}, err
		}
	}
	if x := payload.get("dispute").get("entity"); x.kind() == object {
		if e.Dispute, err = readDispute(x); err != nil {
			return payment.Event{}, err
		}
	}
	if x := payload.get("settlement").get("entity"); x.kind() == object {
		if e.Settlement, err = readSettlement(x); err != nil {
			return payment.Event{}, err
		}
	}
	if e == (payment.Event{}) {
		return e, nil
	}
	e.At = at
	return e, belongTogether(e)
}

// belongTogether checks that a refund or dispute comes with its own payment, if it comes with one.
func belongTogether(e payment.Event) error {
	switch {
	case e.Payment == nil:
	case e.Refund != nil && e.Refund.Payment != e.Payment.Ref:
		return invalid("the event's refund is of another payment than the one beside it")
	case e.Dispute != nil && e.Dispute.Payment != e.Payment.Ref:
		return invalid("the event's dispute is about another payment than the one beside it")
	}
	return nil
}

// eventTime gives when Razorpay made the event, which some events say inside payload and some nowhere.
func eventTime(doc value) time.Time {
	for _, v := range [...]value{doc.get("created_at"), doc.get("payload").get("created_at")} {
		if at, ok := instant(v); ok {
			return at
		}
	}
	return time.Time{}
}

// registersMandate tells whether the payment is the zero rupees with which a donor allows later ones.
func registersMandate(p value) bool {
	if p.get("amount").kind() != number || p.get("amount").node().raw != "0" {
		return false
	}
	switch p.get("method").text() {
	case "emandate", "nach":
		return true
	}
	return validRef(p.get("token_id").text(), "token_")
}

func (a *account) readPayment(payload, p value, at time.Time) (*payment.Payment, error) {
	ref, err := readID(p, "payment", "pay_")
	if err != nil {
		return nil, err
	}
	state, err := readState(p)
	if err != nil {
		return nil, err
	}
	amount, err := readAmount(p, "payment", 1)
	if err != nil {
		return nil, err
	}
	fee, tax, err := readFee(p, "payment", "fee")
	if err != nil {
		return nil, err
	}
	created, err := readCreated(p, "payment")
	if err != nil {
		return nil, err
	}
	if !at.IsZero() && created.After(at.Add(24*time.Hour)) {
		return nil, invalid("the payment's time of creation lies after the event that tells of it")
	}
	out := &payment.Payment{
		Ref: ref, State: state, Amount: amount, Fee: fee, Tax: tax, Created: created,
		Method:        payment.Cut(strings.ToLower(line(p.get("method").text())), 40),
		Reference:     reference(payload, p),
		Order:         order(payload, p),
		International: abroad(p.get("international")) || abroad(p.get("card").get("international")),
	}
	if state == ngo.PaymentFailed {
		out.Problem = problem(p)
	}
	a.readDonor(payload, p, out)
	return out, nil
}

// readState takes the payment's status. What was refunded before it was captured never was ours. Razorpay writes captured as
// true, and sometimes as "1"; in a failed payment it may say anything.
func readState(p value) (ngo.PaymentState, error) {
	c := p.get("captured")
	marked := c.kind() == absent || c.kind() == null || yes(c)
	switch p.get("status").text() {
	case "created":
		return ngo.PaymentCreated, nil
	case "failed":
		return ngo.PaymentFailed, nil
	case "authorized":
		return ngo.PaymentAuthorized, nil
	case "refunded":
		if marked {
			return ngo.PaymentCaptured, nil
		}
		return ngo.PaymentAuthorized, nil
	case "captured":
		if marked {
			return ngo.PaymentCaptured, nil
		}
		return "", invalid("the payment's status says that it is captured, its captured mark says otherwise")
	}
	return "", invalid("the payment's status is none that is known")
}

// problem gives Razorpay's words for why a payment failed.
func problem(p value) string {
	for _, name := range [...]string{"error_description", "error_reason", "error_code"} {
		if s := line(p.get(name).text()); s != "" {
			return payment.Cut(s, maxName)
		}
	}
	return ""
}

// reference gives the bank's own number of the payment, which a transfer into a virtual account has beside it.
func reference(payload, p value) string {
	acquirer := p.get("acquirer_data")
	for _, v := range [...]value{
		acquirer.get("rrn"), acquirer.get("upi_transaction_id"), acquirer.get("bank_transaction_id"), acquirer.get("transaction_id"),
		acquirer.get("auth_code"), payload.get("bank_transfer").get("entity").get("bank_reference"), payload.get("upi_transfer").get("entity").get("rrn"),
	} {
		if s := line(v.scalar()); s != "" {
			return payment.Cut(s, 64)
		}
	}
	return ""
}

// order names what the payment belongs to: the link, code, account, subscription or invoice that the event is about and the
// organisation's own number of it, and the order. Each event of one payment names what it knows; the longest has the most.
func order(payload, p value) string {
	var parts []string
	add := func(v value) {
		if s := payment.Cut(line(v.scalar()), 40); s != "" && !slices.Contains(parts, s) {
			parts = append(parts, s)
		}
	}
	for _, c := range containers {
		x := payload.get(c.name).get("entity")
		add(x.get("id"))
		if c.number != "" {
			add(x.get(c.number))
		}
	}
	add(payload.get("order").get("entity").get("receipt"))
	add(p.get("order_id"))
	return strings.Join(parts, " ")
}
