package sim

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/sign"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// container is what payments are paid through.
type container struct {
	id      string
	charge  Charge // the first that was paid through it, whose facts it keeps
	created int64
	paid    int
}

// contain puts a payment into what it is paid through, and the donor's facts where that keeps them.
func (r *RazorpayAPI) contain(p *razorpayPayment) {
	c := p.charge
	prefix, ok := map[Via]string{ViaLink: "plink_", ViaQR: "qr_", ViaAccount: "va_", ViaSubscription: "sub_", ViaInvoice: "inv_"}[p.via]
	if ok {
		p.container = c.Container
		if p.container == "" {
			p.container = r.id(prefix)
		}
		if r.containers[p.container] == nil {
			r.containers[p.container] = &container{id: p.container, charge: c, created: p.CreatedAt - 60}
		}
	}
	switch p.via {
	case ViaOrder:
		p.OrderID = text(r.id("order_"))
	case ViaLink:
		p.OrderID, p.EMail, p.Notes = text(r.id("order_")), nil, notes(nil)
		p.Description = text("#" + strings.TrimPrefix(p.container, "plink_"))
	case ViaQR:
		p.EMail, p.Contact, p.Notes = nil, nil, notes(c.purposes())
		p.Description = text("QRv2 Payment")
	case ViaAccount:
		p.Method, p.VPA, p.UPI, p.Notes = "bank_transfer", nil, nil, notes(nil)
		p.AcquirerData = nil
		p.Description = text("NA")
	case ViaSubscription:
		p.OrderID, p.InvoiceID, p.Notes = text(r.id("order_")), text(r.id("inv_")), notes(nil)
		p.Description = text("Recurring Payment via Subscription")
	case ViaInvoice:
		p.OrderID, p.InvoiceID, p.Notes = text(r.id("order_")), text(p.container), notes(nil)
		p.Description = text("Invoice #" + p.container)
	}
}

type object = map[string]any

// entities are the parts of an event, in the order in which contains names them.
type entities struct {
	names  []string
	all    map[string]any
	inside bool // created_at stands in the payload
}

func (e *entities) add(name string, entity any) {
	if e.all == nil {
		e.all = map[string]any{}
	}
	e.names = append(e.names, name)
	e.all[name] = map[string]any{"entity": entity}
}

// send makes the webhook of an event. Some bodies spell other scripts in \u escapes and slashes as \/, as PHP does.
func (r *RazorpayAPI) send(name string, ref, payment string, e entities) {
	now := r.options.Now().UTC()
	created := now.Unix()
	payload := make(map[string]json.RawMessage, len(e.all))
	for _, part := range slices.Sorted(maps.Keys(e.all)) {
		payload[part] = encode(e.all[part])
	}
	at := &created
	if e.inside {
		payload["created_at"], at = encode(created), nil
	}
	body := encode(struct {
		Entity    string                     `json:"entity"`
		AccountID string                     `json:"account_id"`
		Event     string                     `json:"event"`
		Contains  []string                   `json:"contains"`
		Payload   map[string]json.RawMessage `json:"payload"`
		CreatedAt *int64                     `json:"created_at,omitempty"`
	}{"event", r.options.Account, name, e.names, payload, at})
	id := r.id("event:")[len("event:"):]
	if id[0]%4 == 0 {
		body = escaped(body)
	}
	r.queue(Webhook{
		Name: name, Body: body, Ref: ngo.Ref(ref), Payment: ngo.Ref(payment), At: now.Truncate(time.Second),
		Header: http.Header{
			"Content-Type":         {"application/json"},
			"User-Agent":           {"Razorpay-Webhook/v1"},
			"X-Razorpay-Event-Id":  {id},
			"X-Razorpay-Signature": {sign.HMAC([]byte(r.options.WebhookSecret), body)},
		},
	})
}

func escaped(body []byte) []byte {
	out := make([]byte, 0, len(body)*2)
	for len(body) > 0 {
		c, n := utf8.DecodeRune(body)
		switch {
		case c == '/':
			out = append(out, '\\', '/')
		case c < utf8.RuneSelf:
			out = append(out, byte(c))
		default:
			for _, u := range utf16.AppendRune(nil, c) {
				out = append(out, '\\', 'u', hexDigits[u>>12], hexDigits[u>>8&15], hexDigits[u>>4&15], hexDigits[u&15])
			}
		}
		body = body[n:]
	}
	return out
}

func (r *RazorpayAPI) tell(name string, p *razorpayPayment) {
	var e entities
	e.add("payment", p)
	r.send(name, p.ID, p.ID, e)
}

func (r *RazorpayAPI) tellRefund(name string, f *razorpayRefund) {
	var e entities
	e.add("refund", f)
	e.add("payment", r.byID[f.PaymentID])
	r.send(name, f.ID, f.PaymentID, e)
}

func (r *RazorpayAPI) tellDispute(name string, d *razorpayDispute) {
	var e entities
	e.add("payment", r.byID[d.PaymentID])
	e.add("dispute", d)
	r.send(name, d.ID, d.PaymentID, e)
}

func (r *RazorpayAPI) tellSettlement(s *razorpaySettlement) {
	var e entities
	e.add("settlement", s)
	r.send("settlement.processed", s.ID, "", e)
}

// tellContainer makes the events of what a payment was paid through, once it is captured.
func (r *RazorpayAPI) tellContainer(p *razorpayPayment) {
	var e entities
	c := r.containers[p.container]
	if c != nil {
		c.paid++
	}
	switch p.via {
	case ViaOrder:
		r.tellOrder(p)
	case ViaLink:
		e.add("payment_link", r.link(p, c))
		e.add("order", r.linkOrder(p))
		e.add("payment", p)
		r.send("payment_link.paid", p.ID, p.ID, e)
		r.tellOrder(p)
	case ViaQR:
		e.add("payment", p)
		e.add("qr_code", r.qr(c))
		r.send("qr_code.credited", p.ID, p.ID, e)
	case ViaAccount:
		e.add("payment", p)
		e.add("virtual_account", r.virtualAccount(p, c))
		e.add("bank_transfer", r.bankTransfer(p))
		r.send("virtual_account.credited", p.ID, p.ID, e)
	case ViaSubscription:
		instalment := *p
		instalment.Captured = "1"
		e.add("subscription", r.subscription(c))
		e.add("payment", &instalment)
		r.send("subscription.charged", p.ID, p.ID, e)
		r.tellInvoice(p, c)
	case ViaInvoice:
		r.tellInvoice(p, c)
		r.tellOrder(p)
	}
}

func (r *RazorpayAPI) tellOrder(p *razorpayPayment) {
	var e entities
	e.add("payment", p)
	e.add("order", r.order(p))
	r.send("order.paid", p.ID, p.ID, e)
}

func (r *RazorpayAPI) tellInvoice(p *razorpayPayment, c *container) {
	var e entities
	e.add("payment", p)
	e.add("order", r.order(p))
	e.add("invoice", r.invoice(p, c))
	r.send("invoice.paid", p.ID, p.ID, e)
}

func (r *RazorpayAPI) order(p *razorpayPayment) object {
	return object{
		"id": p.OrderID, "entity": "order", "amount": p.Amount, "amount_paid": p.Amount, "amount_due": 0, "currency": p.Currency,
		"receipt": nil, "offer_id": nil, "status": "paid", "attempts": 1, "notes": p.Notes, "created_at": p.CreatedAt,
	}
}

// linkOrder is the order inside payment_link.paid: without prefix, without entity.
func (r *RazorpayAPI) linkOrder(p *razorpayPayment) object {
	o := r.order(p)
	delete(o, "entity")
	o["id"] = strings.TrimPrefix(*p.OrderID, "order_")
	o["product_type"], o["partial_payment"], o["notes"] = "payment_link_v2", false, notes(nil)
	return o
}

func (r *RazorpayAPI) link(p *razorpayPayment, c *container) object {
	customer := object{}
	for name, text := range map[string]string{"name": c.charge.Donor.Name, "email": c.charge.Donor.EMail, "contact": c.charge.Donor.Phone} {
		if text != "" {
			customer[name] = text
		}
	}
	facts := c.charge.facts()
	delete(facts, "name")
	link := object{
		"id": c.id, "accept_partial": false, "amount": p.Amount, "amount_paid": p.Amount, "cancelled_at": 0, "created_at": c.created,
		"currency": p.Currency, "customer": customer, "description": "Donation", "expire_by": 0, "expired_at": 0, "first_min_partial_amount": 0,
		"notes": nil, "order_id": p.OrderID, "reference_id": strings.TrimPrefix(c.id, "plink_"), "reminder_enable": false, "status": "paid",
		"short_url": "https://rzp.io/rzp/" + c.id[len(c.id)-7:], "updated_at": p.CreatedAt, "upi_link": false, "user_id": "",
	}
	if len(facts) > 0 {
		link["notes"] = facts
	}
	return link
}

func (r *RazorpayAPI) qr(c *container) object {
	return object{
		"id": c.id, "entity": "qr_code", "created_at": c.created, "name": "Donations", "usage": "multiple_use", "type": "upi_qr",
		"image_url": "https://rzp.io/i/" + c.id[len(c.id)-7:], "payment_amount": nil, "status": "active", "description": "Donations",
		"fixed_amount": false, "payments_amount_received": 0, "payments_count_received": 0, "notes": notes(c.charge.purposes()),
		"customer_id": nil, "close_by": "1893456000", "closed_at": nil, "close_reason": nil,
	}
}

func (r *RazorpayAPI) virtualAccount(p *razorpayPayment, c *container) object {
	return object{
		"id": c.id, "name": "Donations", "entity": "virtual_account", "status": "active", "description": "Donations", "amount_expected": nil,
		"notes": notes(c.charge.purposes()), "amount_paid": p.Amount, "customer_id": nil, "close_by": nil, "closed_at": nil, "created_at": c.created,
		"receivers": []object{{"id": "ba_" + c.id[len("va_"):], "entity": "bank_account", "ifsc": "RATN0VAAPIS", "bank_name": "RBL Bank", "name": "Donations", "account_number": "1112220012345678"}},
	}
}

func (r *RazorpayAPI) bankTransfer(p *razorpayPayment) object {
	return object{
		"id": "bt_" + p.ID[len("pay_"):], "entity": "bank_transfer", "payment_id": p.ID, "mode": "NEFT", "bank_reference": p.reference,
		"amount": p.Amount, "virtual_account_id": p.container,
		"payer_bank_account": object{
			"id": "ba_" + p.ID[len("pay_"):], "entity": "bank_account", "ifsc": "IOBA0000001", "bank_name": "Indian Overseas Bank",
			"name": p.charge.Donor.Name, "account_number": "765432123456789",
		},
	}
}

func (r *RazorpayAPI) subscription(c *container) object {
	const month = 30 * 24 * 3600
	return object{
		"id": c.id, "entity": "subscription", "plan_id": "plan_" + c.id[len("sub_"):], "customer_id": "cust_" + c.id[len("sub_"):], "status": "active",
		"type": 2, "current_start": c.created, "current_end": c.created + month, "ended_at": nil, "quantity": 1, "notes": notes(c.charge.facts()),
		"charge_at": c.created + month, "start_at": c.created, "end_at": c.created + 12*month, "auth_attempts": 0, "total_count": 12,
		"paid_count": c.paid, "customer_notify": true, "created_at": c.created, "remaining_count": 12 - c.paid, "short_url": nil,
	}
}

func (r *RazorpayAPI) invoice(p *razorpayPayment, c *container) object {
	d := c.charge.Donor
	customer := object{
		"id": "cust_" + p.ID[len("pay_"):], "name": d.Name, "email": optional(d.EMail), "contact": optional(d.Phone),
		"customer_name": d.Name, "customer_email": optional(d.EMail), "customer_contact": optional(d.Phone), "billing_address": nil,
	}
	return object{
		"id": p.InvoiceID, "entity": "invoice", "receipt": nil, "invoice_number": nil, "customer_id": customer["id"], "customer_details": customer,
		"order_id": p.OrderID, "payment_id": p.ID, "status": "paid", "issued_at": p.CreatedAt, "paid_at": p.CreatedAt, "amount": p.Amount,
		"amount_paid": p.Amount, "amount_due": 0, "currency": p.Currency, "description": "Donation", "notes": notes(c.charge.facts()),
		"type": "invoice", "created_at": c.created,
	}
}
