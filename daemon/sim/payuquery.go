package sim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (p *PayU) what(req *http.Request) string {
	if err := req.ParseForm(); err != nil {
		return "?"
	}
	return req.PostForm.Get("command")
}

func (p *PayU) answer(req *http.Request, pass func()) reply {
	pass()
	p.mu.Lock()
	defer p.mu.Unlock()
	if req.Method != http.MethodPost || !strings.Contains(req.URL.Path, "/postservice") && req.URL.Path != "/" {
		return reply{status: http.StatusNotFound, body: []byte("not found")}
	}
	f := req.PostForm // parsed by what
	command, var1 := f.Get("command"), f.Get("var1")
	switch {
	case f.Get("key") != p.options.Key:
		return sorry("Invalid merchant key.")
	case f.Get("hash") != sha(p.options.Key, command, var1, p.options.Salt):
		return sorry("Invalid Hash.")
	case var1 == "":
		return sorry("Parameter missing")
	}
	switch command {
	case "verify_payment":
		return p.verifyPayment(strings.Split(var1, "|"))
	case "check_payment":
		return p.checkPayment(var1)
	case "get_Transaction_Details":
		return p.transactions(var1, f.Get("var2"), time.DateOnly)
	case "get_transaction_info", "get_Transaction_info":
		return p.transactions(var1, f.Get("var2"), payuTime)
	case "cancel_refund_transaction":
		return p.cancelRefund(var1, f.Get("var2"), f.Get("var3"))
	case "check_action_status", "check_action_status_txnid":
		return p.actions(var1)
	case "getAllRefundsFromTxnIds":
		return p.allRefunds(var1)
	case "get_settlement_details":
		return p.settlement(var1)
	}
	return sorry("Invalid command.")
}

// sorry is how PayU refuses: with status 200 and a status 0 in the body.
func sorry(msg string) reply { return said(0, msg, "", nil) }

// said writes an answer whose details stand under a name of its own.
func said(status int, msg, name string, details any) reply {
	o := object{"status": status, "msg": msg}
	if name != "" {
		o[name] = details
	}
	return reply{status: http.StatusOK, body: encode(o)}
}

// details is a payment as verify_payment and check_payment tell it.
func (p *PayU) details(x *payuPayment) object {
	product, firstname, _, udf := x.facts()
	mode, bank, pg := payuMode(x.charge.Method)
	code, message, told := x.fault()
	more := "0.00"
	if x.charge.Additional != "" {
		more = x.charge.Additional
	}
	o := object{
		"mihpayid": x.id, "request_id": "", "bank_ref_num": x.reference, "amt": rupees(x.charge.Amount), "transaction_amount": rupees(x.charge.Amount),
		"txnid": x.txnid, "additional_charges": more, "productinfo": product, "firstname": firstname, "bankcode": bank, "field2": "", "field9": told,
		"error_code": code, "addedon": x.charge.Created.In(india).Format(payuTime), "payment_source": "payu", "card_type": nil, "error_Message": message,
		"net_amount_debit": json.Number(x.debited()), "disc": "0.00", "mode": mode, "PG_TYPE": pg, "card_no": "", "status": x.status,
		"unmappedstatus": x.unmapped, "Merchant_UTR": optional(x.utr), "Settled_At": "0000-00-00 00:00:00",
	}
	if mode == "CC" {
		o["card_no"], o["card_type"], o["name_on_card"] = "XXXXXXXXXXXX1111", "VISA", nil
	}
	if x.utr != "" {
		o["Settled_At"] = x.settled.Format(payuTime)
	}
	for i, text := range udf {
		o["udf"+strconv.Itoa(i+1)] = text
	}
	return o
}

func (p *PayU) verifyPayment(txnids []string) reply {
	found, all := 0, object{}
	for _, id := range txnids {
		x := p.under(id)
		if x == nil {
			all[id] = object{"mihpayid": "Not Found", "status": "Not Found"}
			continue
		}
		found++
		all[id] = p.details(x)
	}
	status := min(found, 1)
	return said(status, fmt.Sprintf("%d out of %d Transactions Fetched Successfully", found, len(txnids)), "transaction_details", all)
}

// under gives the payment of a txnid that was paid last, else the last.
func (p *PayU) under(txnid string) *payuPayment {
	var out *payuPayment
	for _, x := range p.payments {
		if x.txnid == txnid && (out == nil || x.status == "success" || out.status != "success") {
			out = x
		}
	}
	return out
}

func (p *PayU) byID(id string) *payuPayment {
	i := slices.IndexFunc(p.payments, func(x *payuPayment) bool { return x.id == id })
	if i < 0 {
		return nil
	}
	return p.payments[i]
}

// checkPayment tells mihpayid and request_id as numbers, and some fields under other names.
func (p *PayU) checkPayment(id string) reply {
	x := p.byID(id)
	if x == nil {
		return said(0, "0 out of 1 Transactions Fetched Successfully", "transaction_details", object{"mihpayid": "Not Found"})
	}
	o := p.details(x)
	o["mihpayid"], o["request_id"] = json.Number(x.id), json.Number(x.request)
	o["amount"], o["amount_paid"], o["discount"], o["net_amount"] = rupees(x.charge.Amount), rupees(x.charge.Amount), "0.00", nil
	delete(o, "transaction_amount")
	if x.utr == "" {
		o["Settled_At"] = nil
	}
	return said(1, "Transaction Fetched Successfully", "transaction_details", o)
}

func (p *PayU) transactions(from, to, layout string) reply {
	start, err := time.ParseInLocation(layout, from, india)
	if err != nil {
		return sorry("Invalid date format.")
	}
	end, err := time.ParseInLocation(layout, to, india)
	if err != nil {
		return sorry("Invalid date format.")
	}
	if layout == time.DateOnly {
		end = end.AddDate(0, 0, 1).Add(-time.Second)
	}
	rows := []object{}
	for _, x := range p.payments {
		if at := x.charge.Created; !at.Before(start) && !at.After(end) && x.unmapped != "initiated" {
			rows = append(rows, p.row(x))
		}
	}
	return said(1, "Transaction Fetched Successfully", "Transaction_details", rows)
}

// row is a payment as get_Transaction_Details tells it: other names again, and of the udf only the first.
func (p *PayU) row(x *payuPayment) object {
	product, firstname, email, udf := x.facts()
	mode, bank, _ := payuMode(x.charge.Method)
	code, _, _ := x.fault()
	fee := x.charge.Amount * 2 / 100
	if x.status != "success" {
		fee = 0
	}
	more := "0.00"
	if x.charge.Additional != "" {
		more = x.charge.Additional
	}
	return object{
		"id": x.id, "status": x.unmapped, "key": p.options.Key, "merchantname": "donations", "txnid": x.txnid, "firstname": firstname, "lastname": "",
		"addedon": x.charge.Created.In(india).Format(payuTime), "bank_name": bank, "payment_gateway": "AXISPG", "phone": x.charge.Donor.Phone, "email": email,
		"transaction_fee": rupees(x.charge.Amount), "amount": rupees(x.charge.Amount), "discount": "0.00", "additional_charges": more, "productinfo": product,
		"error_code": code, "bank_ref_no": x.reference, "ibibo_code": bank, "mode": mode, "ip": "192.0.2.7", "card_no": "", "cardtype": x.category(),
		"offer_key": "", "field2": "", "udf1": udf[0], "pg_mid": nil, "offer_type": nil, "failure_reason": optional(x.problem),
		"mer_service_fee": rupees(fee), "mer_service_tax": rupees(fee * 18 / 100),
	}
}

// refusal is PayU's answer to a refund that it does not take, with its documented code.
func refusal(code int, why, id string) reply {
	o := object{"status": 0, "msg": "Refund FAILURE - " + why, "error_code": code}
	if _, err := strconv.ParseUint(id, 10, 64); err == nil {
		o["mihpayid"] = json.Number(id)
	}
	return reply{status: http.StatusOK, body: encode(o)}
}

func (p *PayU) cancelRefund(id, token, text string) reply {
	x := p.byID(id)
	amount, ok := paise(text)
	switch {
	case x == nil:
		return refusal(116, "Transaction Not Found", id)
	case token == "" || len(token) > 23 || text == "":
		return refusal(124, "Input Data missing", id)
	case slices.ContainsFunc(p.refunds, func(f *payuRefund) bool { return f.token == token }):
		return refusal(106, "Token already exists.", id)
	case x.status != "success":
		return refusal(111, "Invalid transaction status", id)
	case !ok || amount > x.charge.Amount-x.returned:
		return refusal(105, "Invalid amount", id)
	}
	f := p.refund(x, token, amount)
	return reply{status: http.StatusOK, body: encode(object{
		"status": 1, "msg": "Refund Request Queued", "request_id": f.id, "bank_ref_num": nil, "mihpayid": json.Number(x.id), "error_code": 102,
	})}
}

// actions tells of all that was done to a payment, when id is a mihpayid, or of one request.
func (p *PayU) actions(id string) reply {
	all := object{}
	for _, x := range p.payments {
		if x.status == "success" && (x.id == id || x.request == id) {
			all[x.request] = p.action(x, x.request, "capture", "", "success", x.charge.Amount, "")
		}
	}
	for _, f := range p.refunds {
		if f.payment.id == id || f.id == id {
			o := p.action(f.payment, f.id, "refund", f.token, f.status, f.amount, f.arn)
			o["refund_mode"] = "Back to Source"
			if f.status == "success" {
				o["bank_ref_num"] = f.reference
			}
			all[f.id] = o
		}
	}
	for _, d := range p.disputes {
		if request := strconv.FormatInt(d.id, 10); d.lost && (d.payment.id == id || request == id) {
			all[request] = p.action(d.payment, request, "chargeback", "", "success", d.amount, "")
		}
	}
	if len(all) == 0 {
		return said(0, "0 out of 1 Transactions Fetched Successfully", "transaction_details", object{id: "No action status found"})
	}
	return said(1, "1 out of 1 Transactions Fetched Successfully", "transaction_details", object{id: all})
}

func (p *PayU) action(x *payuPayment, request, action, token, status string, amount int64, arn string) object {
	mode, _, _ := payuMode(x.charge.Method)
	return object{
		"mihpayid": x.id, "bank_ref_num": x.reference, "request_id": request, "amt": rupees(amount), "mode": mode, "action": action, "token": token,
		"status": status, "bank_arn": optional(arn), "settlement_id": nil, "amount_settled": nil, "UTR_no": nil, "value_date": nil,
	}
}

func (p *PayU) allRefunds(txnid string) reply {
	all := map[string][]object{}
	for _, f := range p.refunds {
		if f.payment.txnid != txnid {
			continue
		}
		o := object{
			"PayuID": f.payment.id, "RequestID": f.id, "RefundToken": f.token, "PaymentGateway": "AXISPG", "Amount": rupees(f.amount), "Status": f.status,
			"RefundCreationDate": f.created.Format(payuTime), "bank_ref_no": nil, "bank_arn": optional(f.arn), "success_at": nil,
		}
		if f.status == "success" {
			o["bank_ref_no"], o["success_at"] = f.reference, f.created.Format(payuTime)
		}
		all[f.payment.id] = append(all[f.payment.id], o)
	}
	if len(all) == 0 {
		return said(1, "No Refunds Found for the transaction.", "", nil)
	}
	return said(1, "Refunds fetched successfully.", "Refund Details", all)
}

// settlement gives the rows of a payout: payments, and what was taken off it for refunds and lost disputes.
func (p *PayU) settlement(of string) reply {
	rows := map[string]object{}
	for _, s := range p.settled {
		if s.utr != of && s.at.Format(time.DateOnly) != of {
			continue
		}
		x := s.payment
		mode, bank, _ := payuMode(x.charge.Method)
		rows[strconv.Itoa(len(rows)+1)] = object{
			"payuid": x.id, "txnid": x.txnid, "txndate": x.charge.Created.In(india).Format(payuTime), "mode": mode, "amount": rupees(x.charge.Amount),
			"requestid": s.request, "requestdate": s.asked.Format(payuTime), "requestaction": s.action, "requestamount": rupees(s.amount),
			"mer_utr": s.utr, "mer_service_fee": rupees(s.fee) + "00", "mer_service_tax": rupees(s.tax) + "00", "mer_net_amount": rupees(s.net()) + "00",
			"bank_name": bank, "issuing_bank": "SBI", "merchant_subvention_amount": "0.00", "cgst": "0.00000", "igst": rupees(s.tax) + "000", "sgst": "0.00000",
			"PG_TYPE": "AXISPG", "Card Type": "", "token": s.token,
		}
	}
	var details any = rows
	if len(rows) == 0 {
		details = []object{}
	}
	return said(1, fmt.Sprintf("%d transactions settled on %s", len(rows), of), "Txn_details", details)
}

func (p *PayU) trouble(status int) reply {
	if status == http.StatusUnauthorized || status == http.StatusForbidden {
		r := sorry("Invalid Hash.")
		r.status = status
		return r
	}
	page := "<html><body><h1>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</h1></body></html>"
	return reply{status: status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(page)}
}
