// Package rate says what a message is expected to cost. Rates are data: files that are built in, and files of the data folder
// that replace them or add to them. The provider's bill is the last word; what no file tells has no price here. Pure.
package rate

import (
	"fmt"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Reply is the category of what is written freely while the window is open.
const Reply = "service"

// Rates are the tables of all channels, by channel and day.
type Rates []Table

// Table is what a channel charges from a day on, until its next table.
type Table struct {
	Channel  string       `toml:"channel"` // the driver's name
	From     ngo.Date     `toml:"from"`
	Currency ngo.Currency `toml:"currency"`
	Source   string       `toml:"source"` // where the amounts are from, for people

	Replies         string `toml:"replies"`           // as which category replies are billed; empty when they are free
	FreeReplies     int64  `toml:"free_replies"`      // that many of a number and month are free
	UtilityInWindow bool   `toml:"utility_in_window"` // utility templates are billed also while the window is open

	Markets []Market `toml:"market"`
}

// Market is where the same is charged. Amounts are millionths of a unit of the table's currency; 0 is free.
type Market struct {
	Name           string   `toml:"name"`
	Countries      []string `toml:"countries"` // ISO 3166: IN
	Calling        []string `toml:"calling"`   // the beginnings of phone numbers, without +; the longest counts
	Marketing      *int64   `toml:"marketing"`
	Utility        *int64   `toml:"utility"`
	Authentication *int64   `toml:"authentication"`
}

// Message is one that may be sent.
type Message struct {
	Channel  string // the driver's name
	Category string // Reply, or the template's: marketing, utility, authentication
	To       ngo.Identity
	Day      ngo.Date // on which it is delivered
	InWindow bool     // one may write freely
	Came     bool     // they came by an advertisement lately, and were answered at once
	Used     int64    // replies of this number in this month, before this one
}

// Price is what a message is expected to cost, taxes left out.
type Price struct {
	Micros   int64 // millionths of a unit of Currency; 0 when it is free
	Currency ngo.Currency
	Category string
	Free     string   // why it costs nothing, in plain words; empty when it costs
	Since    ngo.Date // since when this is known to be so
	Source   string
}

// Price tells what a message is expected to cost. It is not ok when no table tells.
func (r Rates) Price(m Message) (p Price, ok bool) {
	t, ok := r.on(m.Channel, m.Day)
	if !ok {
		return Price{}, false
	}
	p = Price{Currency: t.Currency, Category: m.Category, Since: t.From, Source: t.Source}
	if p.Free = t.free(m); p.Free != "" {
		return p, true
	}
	market, ok := t.market(m.To)
	if !ok {
		return Price{}, false
	}
	category := m.Category
	if category == Reply {
		category = t.Replies
	}
	amount := market.amount(category)
	if amount == nil {
		return Price{}, false
	}
	if p.Micros = *amount; p.Micros == 0 {
		p.Free = "messages of this kind are free in this country"
	}
	return p, true
}

// FreeReplies tells how many replies of a number and month are free on a day. It is not ok when replies cost nothing anyhow, or
// nobody knows.
func (r Rates) FreeReplies(channel string, day ngo.Date) (n int64, ok bool) {
	t, ok := r.on(channel, day)
	return t.FreeReplies, ok && t.Replies != ""
}

// on gives the table of a channel that holds on a day.
func (r Rates) on(channel string, day ngo.Date) (found Table, ok bool) {
	for _, t := range r {
		if t.Channel == channel && t.From <= day && (!ok || t.From > found.From) {
			found, ok = t, true
		}
	}
	return found, ok
}

// free says why a message costs nothing; nothing when it may cost.
func (t Table) free(m Message) string {
	switch {
	case m.Came:
		return "they came by an advertisement or a button of yours, and what is sent in the 72 hours after the first answer is free"
	case m.Category == Reply && t.Replies == "":
		return "replies are free while the window is open"
	case m.Category == Reply && m.Used < t.FreeReplies:
		return fmt.Sprintf("%s of the %s free replies of this month are left", ngo.FormatNumber(t.FreeReplies-m.Used), ngo.FormatNumber(t.FreeReplies))
	case m.Category == "utility" && m.InWindow && !t.UtilityInWindow:
		return "templates of this kind are free while the window is open"
	}
	return ""
}

// market finds where somebody is. Whoever has no phone number is known by the country before their id.
func (t Table) market(to ngo.Identity) (found Market, ok bool) {
	country, longest := "", 0
	if to.Kind == ngo.WhatsAppUser {
		country, _, _ = strings.Cut(to.Value, ".")
	}
	number := strings.TrimPrefix(to.Value, "+")
	for _, m := range t.Markets {
		if country != "" {
			for _, c := range m.Countries {
				if c == country {
					return m, true
				}
			}
			continue
		}
		for _, c := range m.Calling {
			if strings.HasPrefix(number, c) && len(c) > longest {
				found, ok, longest = m, true, len(c)
			}
		}
	}
	return found, ok
}

func (m Market) amount(category string) *int64 {
	switch category {
	case "marketing", "marketing_lite":
		return m.Marketing
	case "utility":
		return m.Utility
	case "authentication":
		return m.Authentication
	}
	return nil
}
