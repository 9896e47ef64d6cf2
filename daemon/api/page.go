package api

import (
	"net/url"
	"strconv"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Sizes of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 500
)

// Page is a part of a list. Next, when it is not empty, is the After of the query for the following part.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty"`
}

// ListQuery asks for one page.
type ListQuery struct {
	Limit int    // 0 is DefaultLimit; at most MaxLimit
	After string // Next of the page before
}

func (q ListQuery) values() url.Values {
	v := url.Values{}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	set(v, "after", q.After)
	return v
}

// set leaves out what is empty.
func set[T ~string](v url.Values, name string, value T) {
	if value != "" {
		v.Set(name, string(value))
	}
}

// DonationQuery asks for gifts, newest first. What is empty does not restrict.
type DonationQuery struct {
	ListQuery
	State       ngo.DonationState
	From, To    ngo.Date // days of the gift, both included
	Gateway     string   // name or id of the gateway it came through
	Least, Most int64    // minor units, both included
	Donor       string   // e-mail address, phone number, or a part of the name
	Purpose     string   // name or id of a purpose, or a part of what the donor wrote
	Pot         ngo.Pot
	Mark        Mark
}

// Mark is what a gift is marked with, for somebody to look at.
type Mark string

// The marks.
const (
	MarkSlip      Mark = "slip"      // likely a slip: the donor gave the same minutes before
	MarkRecovered Mark = "recovered" // it was missed, and found by asking
	MarkAny       Mark = "any"
)

func (q DonationQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
	set(v, "from", q.From)
	set(v, "to", q.To)
	set(v, "gateway", q.Gateway)
	setAmount(v, "least", q.Least)
	setAmount(v, "most", q.Most)
	set(v, "donor", q.Donor)
	set(v, "purpose", q.Purpose)
	set(v, "pot", q.Pot)
	set(v, "mark", q.Mark)
	return v
}

func setAmount(v url.Values, name string, minor int64) {
	if minor != 0 {
		v.Set(name, strconv.FormatInt(minor, 10))
	}
}

// PaymentQuery asks for payments, those seen last first. What is empty does not restrict.
type PaymentQuery struct {
	ListQuery
	State     ngo.PaymentState
	From, To  ngo.Date // days of the payment in the organisation's zone, both included
	Gateway   string   // name or id of the gateway
	Method    string   // upi, card, …
	Recovered bool     // only those that were missed and found by asking
}

func (q PaymentQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
	set(v, "from", q.From)
	set(v, "to", q.To)
	set(v, "gateway", q.Gateway)
	set(v, "method", q.Method)
	if q.Recovered {
		v.Set("recovered", "true")
	}
	return v
}

// PersonQuery asks for persons, newest first.
type PersonQuery struct {
	ListQuery
	Text string // e-mail address, phone number, or a part of the name; empty: everybody
}

func (q PersonQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "text", q.Text)
	return v
}

// ReceiptQuery asks for receipts, newest first.
type ReceiptQuery struct {
	ListQuery
	Series   string // such as SVT/2026-27/D
	State    ngo.ReceiptState
	From, To ngo.Date // days of the gift, both included
}

func (q ReceiptQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "series", q.Series)
	set(v, "state", q.State)
	set(v, "from", q.From)
	set(v, "to", q.To)
	return v
}

// DeliveryQuery asks for deliveries, newest first.
type DeliveryQuery struct {
	ListQuery
	State   ngo.DeliveryState
	Gateway string // name or id of the gateway
	Source  ngo.DeliverySource
}

func (q DeliveryQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
	set(v, "gateway", q.Gateway)
	set(v, "source", q.Source)
	return v
}

// JobQuery asks for jobs, those due first first.
type JobQuery struct {
	ListQuery
	Lane  ngo.Lane
	State ngo.JobState
	Kind  ngo.JobKind
}

func (q JobQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "lane", q.Lane)
	set(v, "state", q.State)
	set(v, "kind", q.Kind)
	return v
}
