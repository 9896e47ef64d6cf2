package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	selectHealth = `
select last_poll, polled_from, polled_to, seen, found, poll_error, alarm, alarm_since, refused, last_refused
from health
where account_id = $1`

	// selectLastWebhook walks to the end of its index.
	selectLastWebhook = `
select received
from delivery
where account_id = $1 and source = 'webhook'
order by received desc
limit 1`
)

func scanHealth(s scanner) (h ngo.Health, err error) {
	return h, s.Scan(maybeAt(&h.LastPoll), maybeAt(&h.PolledFrom), maybeAt(&h.PolledTo), &h.Seen, &h.Found, &h.PollError, &h.Alarm, maybeAt(&h.AlarmSince), &h.Refused, maybeAt(&h.LastRefused))
}

// Health tells how a gateway is. Of one that was never asked it knows no more than when the last webhook came. Polling is
// not told: it is not stored.
func (r *Rx) Health(id ngo.AccountID) (ngo.Health, error) {
	h, err := scanHealth(r.conn.QueryRow(selectHealth, string(id)))
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return h, fmt.Errorf("read health of account %s: %w", id, err)
	}
	var last time.Time
	err = r.conn.QueryRow(selectLastWebhook, string(id)).Scan(at(&last))
	if errors.Is(err, sql.ErrNoRows) {
		return h, nil
	}
	h.LastWebhook = &last
	if err != nil {
		return h, fmt.Errorf("read health of account %s: %w", id, err)
	}
	return h, nil
}

const writeHealth = `
insert into health (account_id, last_poll, polled_from, polled_to, seen, found, poll_error, alarm, alarm_since)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (account_id) do update
set last_poll = excluded.last_poll,
    polled_from = excluded.polled_from,
    polled_to = excluded.polled_to,
    seen = excluded.seen,
    found = excluded.found,
    poll_error = excluded.poll_error,
    alarm = excluded.alarm,
    alarm_since = excluded.alarm_since`

// SaveHealth keeps how a gateway is. The trail has a line of it only when the alarm changes: it is saved after every poll.
func (t *Tx) SaveHealth(id ngo.AccountID, h ngo.Health) error {
	was, err := t.Health(id)
	if err != nil {
		return err
	}
	if _, err := t.exec("save health", writeHealth, string(id), stampOf(h.LastPoll), stampOf(h.PolledFrom), stampOf(h.PolledTo),
		h.Seen, h.Found, h.PollError, h.Alarm, stampOf(h.AlarmSince)); err != nil {
		return err
	}
	if was.Alarm != h.Alarm {
		t.audit("gateway.alarm", string(id), facts{{"alarm", was.Alarm}}, facts{{"alarm", h.Alarm}})
	}
	t.changed("gateway", string(id))
	return nil
}

const addRefused = `
insert into health (account_id, refused, last_refused)
values ($1, $2, $3)
on conflict (account_id) do update
set refused = health.refused + excluded.refused,
    last_refused = excluded.last_refused`

// Refused counts deliveries with a signature that is not the account's. Strangers can cause it: it leaves no line in the trail.
func (t *Tx) Refused(id ngo.AccountID, n int) error {
	_, err := t.exec("count refused deliveries", addRefused, string(id), n, t.stamp())
	t.changed("gateway", string(id))
	return err
}

const selectWebhookHours = `
select substr(received, 1, 13), count(*)
from delivery
where account_id = $1 and source = 'webhook' and received >= $2
group by substr(received, 1, 13)`

type hourCount struct {
	hour  string
	count int
}

func scanHourCount(s scanner) (h hourCount, err error) { return h, s.Scan(&h.hour, &h.count) }

// WebhookHours counts the webhooks of an account since a moment by the hours, in UTC, in which they came. Hours without any
// are left out.
func (r *Rx) WebhookHours(id ngo.AccountID, since time.Time) (map[time.Time]int, error) {
	rows, err := all(r.conn, "hours of webhooks", scanHourCount, selectWebhookHours, string(id), ngo.Stamp(since))
	if err != nil {
		return nil, err
	}
	out := make(map[time.Time]int, len(rows))
	for _, row := range rows {
		hour, err := time.Parse("2006-01-02T15", row.hour)
		if err != nil {
			return nil, fmt.Errorf("list hours of webhooks: %w", err)
		}
		out[hour] = row.count
	}
	return out, nil
}
