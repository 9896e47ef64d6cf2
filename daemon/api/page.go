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
	State    ngo.DonationState
	From, To ngo.Date // days of the gift, both included
}

func (q DonationQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
	set(v, "from", q.From)
	set(v, "to", q.To)
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
	State ngo.DeliveryState
}

func (q DeliveryQuery) values() url.Values {
	v := q.ListQuery.values()
	set(v, "state", q.State)
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
