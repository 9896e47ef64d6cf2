package sim

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// idempotent is a refund that was asked for under a key.
type idempotent struct {
	body   string
	answer *reply // nil while it is in progress
}

func (r *RazorpayAPI) what(req *http.Request) string {
	return req.Method + " " + strings.TrimPrefix(req.URL.Path, "/v1")
}

func (r *RazorpayAPI) answer(req *http.Request, pass func()) reply {
	if fault, ok := r.admit(req); !ok {
		pass()
		return fault
	}
	path := strings.Split(strings.Trim(strings.TrimPrefix(req.URL.Path, "/v1"), "/"), "/")
	if req.Method == http.MethodPost && len(path) == 3 && path[0] == "payments" && path[2] == "refund" {
		return r.postRefund(req, path[1], pass)
	}
	pass()
	r.mu.Lock()
	defer r.mu.Unlock()
	if req.Method == http.MethodPost && len(path) == 3 && path[0] == "payments" && path[2] == "capture" {
		return r.postCapture(req, path[1])
	}
	if req.Method == http.MethodGet {
		return r.get(path, req.URL.Query())
	}
	return notFound()
}

// admit checks the key. The word Basic must be spelled just so.
func (r *RazorpayAPI) admit(req *http.Request) (reply, bool) {
	header := req.Header.Get("Authorization")
	if header == "" {
		return razorpayError(http.StatusUnauthorized, "Please provide your api key for authentication purposes."), false
	}
	id, secret, ok := req.BasicAuth()
	if !ok || !strings.HasPrefix(header, "Basic ") || id != r.options.KeyID || secret != r.options.KeySecret {
		return razorpayError(http.StatusUnauthorized, "Authentication failed"), false
	}
	return reply{}, true
}

func (r *RazorpayAPI) get(path []string, query url.Values) reply {
	switch {
	case len(path) == 1:
		return r.list(path[0], query)
	case len(path) == 2:
		return r.fetch(path[0], path[1])
	case len(path) != 3:
		return notFound()
	}
	switch path[0] + "/" + path[2] {
	case "payments/refunds":
		return collection(query, r.refunds, func(f *razorpayRefund) int64 { return f.CreatedAt }, func(f *razorpayRefund) bool { return f.PaymentID == path[1] })
	case "orders/payments":
		return collection(query, r.payments, func(p *razorpayPayment) int64 { return p.CreatedAt }, func(p *razorpayPayment) bool {
			return p.OrderID != nil && *p.OrderID == path[1]
		})
	case "payments/bank_transfer":
		if p := r.byID[path[1]]; p != nil && p.via == ViaAccount {
			return reply{status: http.StatusOK, body: encode(r.bankTransfer(p))}
		}
		return unknownID()
	}
	return notFound()
}

func (r *RazorpayAPI) list(kind string, query url.Values) reply {
	switch kind {
	case "payments":
		return collection(query, r.payments, func(p *razorpayPayment) int64 { return p.CreatedAt }, nil)
	case "refunds":
		return collection(query, r.refunds, func(f *razorpayRefund) int64 { return f.CreatedAt }, nil)
	case "disputes":
		return collection(query, r.disputes, func(d *razorpayDispute) int64 { return d.CreatedAt }, nil)
	case "settlements":
		return collection(query, r.settlements, func(s *razorpaySettlement) int64 { return s.CreatedAt }, nil)
	}
	return notFound()
}

func (r *RazorpayAPI) fetch(kind, id string) reply {
	switch kind {
	case "payments":
		if p := r.byID[id]; p != nil {
			return reply{status: http.StatusOK, body: encode(p)}
		}
		return unknownID()
	case "refunds":
		return one(r.refunds, func(f *razorpayRefund) bool { return f.ID == id })
	case "disputes":
		return one(r.disputes, func(d *razorpayDispute) bool { return d.ID == id })
	case "settlements":
		return one(r.settlements, func(s *razorpaySettlement) bool { return s.ID == id })
	}
	return notFound()
}

func one[T any](all []*T, is func(*T) bool) reply {
	i := slices.IndexFunc(all, is)
	if i < 0 {
		return unknownID()
	}
	return reply{status: http.StatusOK, body: encode(all[i])}
}

// The instants between which from and to must lie.
const (
	earliest = 946684800
	latest   = 4765046400
)

// collection gives a page of those in the time asked for, newest first.
func collection[T any](query url.Values, all []*T, created func(*T) int64, belongs func(*T) bool) reply {
	from, to, count, skip := int64(earliest), int64(latest), int64(10), int64(0)
	for _, q := range []struct {
		name        string
		value       *int64
		least, most int64
	}{{"from", &from, earliest, latest}, {"to", &to, earliest, latest}, {"count", &count, 1, 100}, {"skip", &skip, 0, 1 << 40}} {
		text := query.Get(q.name)
		if text == "" {
			continue
		}
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || n < q.least || n > q.most {
			return razorpayError(http.StatusBadRequest, fmt.Sprintf("%s must be between %d and %d", q.name, q.least, q.most))
		}
		*q.value = n
	}
	var items []*T
	for _, x := range slices.Backward(all) {
		if at := created(x); at >= from && at <= to && (belongs == nil || belongs(x)) {
			items = append(items, x)
		}
	}
	slices.SortStableFunc(items, func(a, b *T) int { return int(created(b) - created(a)) })
	items = items[min(skip, int64(len(items))):]
	items = items[:min(count, int64(len(items)))]
	if items == nil {
		items = []*T{}
	}
	return reply{status: http.StatusOK, body: encode(struct {
		Entity string `json:"entity"`
		Count  int    `json:"count"`
		Items  []*T   `json:"items"`
	}{"collection", len(items), items})}
}

// postRefund keeps the promise of the key: the same request is answered as the first one was, another one under that key is
// refused, and so is a second one while the first is in progress.
func (r *RazorpayAPI) postRefund(req *http.Request, payment string, pass func()) reply {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return razorpayError(http.StatusBadRequest, "The body cannot be read.")
	}
	key := req.Header.Get("X-Refund-Idempotency")
	if key == "" {
		pass()
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.makeRefund(payment, body)
	}
	if fault, ok := validKey(key); !ok {
		return fault
	}
	same := payment + "\n" + string(body)
	r.mu.Lock()
	if k := r.keys[key]; k != nil {
		defer r.mu.Unlock()
		return k.repeat(same)
	}
	k := &idempotent{body: same}
	r.keys[key] = k
	r.mu.Unlock()
	pass()
	r.mu.Lock()
	defer r.mu.Unlock()
	a := r.makeRefund(payment, body)
	if a.status != http.StatusOK {
		delete(r.keys, key)
		return a
	}
	k.answer = &a
	return a
}

func (k *idempotent) repeat(body string) reply {
	if k.body != body {
		return razorpayError(http.StatusConflict, "Different request with the same idempotency key has already been processed.")
	}
	if k.answer == nil {
		return razorpayError(http.StatusConflict, "Another request with the same idempotency key is still in progress.")
	}
	return *k.answer
}

func validKey(key string) (reply, bool) {
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"
	if len(key) < 10 {
		return razorpayError(http.StatusBadRequest, "The idempotency key must be at least 10 characters long."), false
	}
	if strings.Trim(key, signs) != "" {
		return razorpayError(http.StatusBadRequest, "The idempotency key must only contain alphanumeric characters, underscores, and hyphens"), false
	}
	return reply{}, true
}

func (r *RazorpayAPI) makeRefund(payment string, body []byte) reply {
	p := r.byID[payment]
	if p == nil {
		return unknownID()
	}
	var o refundOrder
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil && len(body) > 0 {
		if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
			return razorpayError(http.StatusBadRequest, strings.Trim(name, `"`)+" is/are not required and should not be sent")
		}
		return razorpayError(http.StatusBadRequest, "The request body is not valid JSON.")
	}
	remains := p.Amount - p.AmountRefunded
	if o.Amount == nil {
		o.Amount = &remains
	}
	switch {
	case !p.captured():
		return razorpayError(http.StatusBadRequest, "The payment status should be captured for action to be taken")
	case remains == 0:
		return razorpayError(http.StatusBadRequest, "The payment has been fully refunded already")
	case *o.Amount < 100:
		return razorpayError(http.StatusBadRequest, "The amount must be at least INR 1.00")
	case *o.Amount > remains:
		return razorpayError(http.StatusBadRequest, "The refund amount provided is greater than amount captured")
	}
	return reply{status: http.StatusOK, body: encode(r.refund(p, o))}
}

func (r *RazorpayAPI) postCapture(req *http.Request, payment string) reply {
	p := r.byID[payment]
	if p == nil {
		return unknownID()
	}
	var o struct {
		Amount   int64  `json:"amount"`
		Currency string `json:"currency"`
	}
	if err := json.NewDecoder(req.Body).Decode(&o); err != nil {
		return razorpayError(http.StatusBadRequest, "The request body is not valid JSON.")
	}
	switch {
	case p.captured():
		return razorpayError(http.StatusBadRequest, "This payment has already been captured")
	case p.Status != "authorized":
		return razorpayError(http.StatusBadRequest, "Only payments which have been authorized and not yet captured can be captured")
	case o.Amount != p.Amount || o.Currency != p.Currency:
		return razorpayError(http.StatusBadRequest, "Capture amount must be equal to the amount authorized")
	}
	r.capture(p)
	return reply{status: http.StatusOK, body: encode(p)}
}

func notFound() reply {
	return razorpayError(http.StatusBadRequest, "The requested URL was not found on the server.")
}

func unknownID() reply { return razorpayError(http.StatusBadRequest, "The id provided does not exist") }

// razorpayError writes an error body as documented.
func razorpayError(status int, description string) reply {
	code := "BAD_REQUEST_ERROR"
	if status >= 500 {
		code = "SERVER_ERROR"
	}
	type fault struct {
		Code        string   `json:"code"`
		Description string   `json:"description"`
		Source      string   `json:"source"`
		Step        string   `json:"step"`
		Reason      string   `json:"reason"`
		Metadata    struct{} `json:"metadata"`
	}
	return reply{status: status, body: encode(map[string]fault{"error": {Code: code, Description: description, Source: "NA", Step: "NA", Reason: "NA"}})}
}

func (r *RazorpayAPI) trouble(status int) reply {
	switch {
	case status == http.StatusUnauthorized:
		return razorpayError(status, "Authentication failed")
	case status == http.StatusForbidden:
		return razorpayError(status, "Access Denied")
	case status == http.StatusTooManyRequests:
		return razorpayError(status, "Request failed. Please try after sometime.")
	case status > http.StatusInternalServerError:
		page := "<html>\r\n<head><title>" + strconv.Itoa(status) + " " + http.StatusText(status) + "</title></head>\r\n</html>\r\n"
		return reply{status: status, header: http.Header{"Content-Type": {"text/html"}}, body: []byte(page)}
	case status == http.StatusInternalServerError:
		return razorpayError(status, "We are facing some trouble completing your request at the moment. Please try again shortly.")
	}
	return razorpayError(status, http.StatusText(status))
}
