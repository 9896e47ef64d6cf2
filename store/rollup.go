package store

import (
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Roll-ups are sums kept in the transaction that changes what they sum, so that reading them never scans. A roll-up of
// a state has the entity as its kind and the state as its key. Gifts are summed with what they are worth, less what went back;
// those received or waiting by day, month, financial year and purpose besides. Money of several currencies is never added up.
const (
	sumDay     = "received.day"
	sumMonth   = "received.month"
	sumYear    = "received.year"
	sumPurpose = "purpose"
	sumMark    = "mark"
	sumReply   = "reply" // by account, line and month of UTC: providers give away a number of them
)

// sumGift adds a gift to, or takes it from, the sums that it counts in.
func (t *trail) sumGift(d *ngo.Donation, sign int64) {
	add := func(kind, key string) {
		t.w.Note(delta{sumKey{kind, key, string(d.Amount.Currency)}, sum{count: sign, minor: sign * d.Net().Minor}})
	}
	add("donation", string(d.State))
	if d.State == ngo.DonationReversed {
		return // no mark of it is to be looked at either
	}
	if d.Slip != "" {
		t.count(sumMark, "slip", sign)
	}
	if d.Recovered {
		t.count(sumMark, "recovered", sign)
	}
	if d.State != ngo.DonationReceived && d.State != ngo.DonationWaiting {
		return
	}
	add(sumDay, string(d.Given))
	add(sumMonth, monthOf(d.Given))
	add(sumYear, d.Given.FinancialYear())
	if d.PurposeID != "" {
		add(sumPurpose, string(d.PurposeID))
	}
}

// monthOf gives 2006-01.
func monthOf(d ngo.Date) string { return string(d[:min(len(d), len("2006-01"))]) }

// Total is a number of gifts and what they come to in one currency.
type Total struct {
	Money ngo.Money `json:"money"`
	Count int64     `json:"count"`
}

// Summary is how an organisation stands. Totals are of gifts received or waiting, less what went back, one for each currency.
type Summary struct {
	Day            ngo.Date `json:"day"`
	Today          []Total  `json:"today"`
	Month          []Total  `json:"month"`
	Year           []Total  `json:"year"` // financial year
	Waiting        int64    `json:"waiting"`
	Held           int64    `json:"held"`
	Reversed       int64    `json:"reversed"`
	Flagged        int64    `json:"flagged"`        // likely slips that nobody has looked at
	Recovered      int64    `json:"recovered"`      // missed, found by asking, and not looked at
	GatewayAlarms  int64    `json:"gateway_alarms"` // gateways with which something is wrong
	ReceiptsIssued int64    `json:"receipts_issued"`
	MailQueued     int64    `json:"mail_queued"`
	MailFailed     int64    `json:"mail_failed"` // uncertain ones included: both want a person
	JobsReady      int64    `json:"jobs_ready"`  // due by now or within a day
	JobsParked     int64    `json:"jobs_parked"`
	Quarantined    int64    `json:"quarantined"`
}

// selectSummary reads roll-ups, and counts the jobs that wait: what is due in days, such as a reminder, does not, and becomes
// due without a write that a roll-up could follow. They are walked along on the index of the queue, and no more than mostWalked.
const selectSummary = `
select kind, key, currency, count, minor
from rollup
where kind in ('donation', 'receipt', 'message', 'job', 'delivery', 'mark')
   or (kind = 'received.day' and key = $1)
   or (kind = 'received.month' and key = $2)
   or (kind = 'received.year' and key = $3)
union all
select 'job', 'due', '', count(*), 0
from (
  select 1
  from goqite` + readyJobs + `
    and due <= $4
  limit $5
) as waiting
union all
select 'gateway', 'alarm', '', count(*), 0
from health
join account on account.id = health.account_id
where health.alarm <> '' and account.removed is null
order by 1, 2, 3`

const readyJobs = `
  where state = 'ready'
    and queue in ('payment', 'message', 'document', 'outbound', 'bulk')
    and ` + suspect + ` in (0, 1)`

// countLater counts the jobs that do not wait yet. When very many wait it is quicker to take these from all that are ready.
const countLater = `
select count(*)
from goqite` + readyJobs + `
    and due > $1`

// mostWalked is how many jobs a summary walks along before it counts the others instead.
const mostWalked = 500

type rollup struct {
	sumKey
	sum
}

func scanRollup(s scanner) (r rollup, err error) {
	return r, s.Scan(&r.kind, &r.key, &r.currency, &r.count, &r.minor)
}

// waitsWithin is how soon a job is due that counts as work.
const waitsWithin = 24 * time.Hour

// Summary tells how the organisation stands on a day, from the roll-ups and the queue.
func (r *Rx) Summary(day ngo.Date) (Summary, error) {
	s := Summary{Day: day}
	until := ngo.Stamp(r.org.now().Add(waitsWithin))
	rows, err := all(r.conn, "roll-ups", scanRollup, selectSummary, string(day), monthOf(day), day.FinancialYear(), until, mostWalked)
	if err != nil {
		return s, err
	}
	var ready int64
	for _, row := range rows {
		s.add(row)
		if row.kind == "job" && row.key == string(ngo.JobReady) {
			ready = row.count
		}
	}
	if s.JobsReady < mostWalked {
		return s, nil
	}
	later, err := scanOne[int64](r.conn.QueryRow(countLater, until))
	s.JobsReady = ready - later
	return s, err
}

func (s *Summary) add(r rollup) {
	total := Total{Money: ngo.Money{Minor: r.minor, Currency: ngo.Currency(r.currency)}, Count: r.count}
	switch r.kind {
	case sumDay:
		s.Today = appendTotal(s.Today, total)
	case sumMonth:
		s.Month = appendTotal(s.Month, total)
	case sumYear:
		s.Year = appendTotal(s.Year, total)
	}
	if n := s.counter(r.kind + " " + r.key); n != nil {
		*n += r.count
	}
}

// appendTotal leaves out what came to nothing, such as a day whose only gift was held afterwards.
func appendTotal(to []Total, t Total) []Total {
	if t.Count == 0 {
		return to
	}
	return append(to, t)
}

// counter gives the figure that a state counts in.
func (s *Summary) counter(state string) *int64 {
	return map[string]*int64{
		"donation waiting":     &s.Waiting,
		"donation held":        &s.Held,
		"donation reversed":    &s.Reversed,
		"mark slip":            &s.Flagged,
		"mark recovered":       &s.Recovered,
		"gateway alarm":        &s.GatewayAlarms,
		"receipt issued":       &s.ReceiptsIssued,
		"message queued":       &s.MailQueued,
		"message sending":      &s.MailQueued,
		"message failed":       &s.MailFailed,
		"message uncertain":    &s.MailFailed,
		"job due":              &s.JobsReady,
		"job parked":           &s.JobsParked,
		"delivery quarantined": &s.Quarantined,
	}[state]
}

const selectSums = `
select kind, key, currency, count, minor
from rollup
where count <> 0 or minor <> 0`

// recount sums everything afresh. It is a full scan, for checks only.
const recount = `
with gift as (
  select state, given, currency, purpose_id, slip_of, recovered,
    case when returned < amount then amount - returned else 0 end as net,
    case when state in ('received', 'waiting') then 1 else 0 end as counted
  from donation
)
select 'donation' as kind, state as key, currency, count(*), sum(net) from gift group by state, currency
union all
select 'received.day', given, currency, count(*), sum(net) from gift where counted = 1 group by given, currency
union all
select 'received.month', substr(given, 1, 7), currency, count(*), sum(net) from gift where counted = 1 group by substr(given, 1, 7), currency
union all
select 'purpose', purpose_id, currency, count(*), sum(net) from gift where counted = 1 and purpose_id is not null group by purpose_id, currency
union all
select 'mark', 'slip', '', count(*), 0 from gift where slip_of <> '' and state <> 'reversed'
union all
select 'mark', 'recovered', '', count(*), 0 from gift where recovered = 1 and state <> 'reversed'
union all
select 'receipt', state, '', count(*), 0 from receipt group by state
union all
select 'message', state, '', count(*), 0 from message group by state
union all
select 'reply', account_id || '|' || line || '|' || substr(sent, 1, 7), '', count(*), 0
from message
where conversation_id is not null and sent is not null and echo = 0 and kind in ('text', 'auto')
group by account_id || '|' || line || '|' || substr(sent, 1, 7)
union all
select 'delivery', state, '', count(*), 0 from delivery group by state
union all
select 'job', state, '', count(*), 0 from goqite group by state`

// Recount compares every roll-up with what it sums, by a scan of everything, and says in words where they differ.
func (r *Rx) Recount() ([]string, error) {
	kept, err := all(r.conn, "roll-ups", scanRollup, selectSums)
	if err != nil {
		return nil, err
	}
	counted, err := all(r.conn, "what roll-ups sum", scanRollup, recount)
	if err != nil {
		return nil, err
	}
	return compareSums(kept, counted), nil
}

// compareSums adds up years from the days, since a financial year is not a prefix of a date.
func compareSums(kept, counted []rollup) []string {
	left := map[sumKey]sum{}
	for _, r := range kept {
		left[r.sumKey] = left[r.sumKey].add(r.sum)
	}
	take := func(k sumKey, s sum) { left[k] = left[k].add(sum{-s.count, -s.minor}) }
	for _, r := range counted {
		take(r.sumKey, r.sum)
		if r.kind == sumDay {
			take(sumKey{sumYear, ngo.Date(r.key).FinancialYear(), r.currency}, r.sum)
		}
	}
	var out []string
	for k, s := range left {
		if s != (sum{}) {
			out = append(out, fmt.Sprintf("%s %s %s is off by %d entries and %d minor units", k.kind, k.key, k.currency, s.count, s.minor))
		}
	}
	return out
}
