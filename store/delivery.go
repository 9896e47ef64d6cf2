package store

import (
	"crypto/sha256"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// NewDelivery is a delivery on its way in, sealed already.
type NewDelivery struct {
	ID      ngo.DeliveryID
	account ngo.AccountID
	hint    string
	digest  [32]byte
	size    int64
	sealed  []byte
	blob    ngo.BlobID
	source  ngo.DeliverySource
	heard   bool
}

// MostInline is the longest body that NewDelivery seals into the row; a longer one goes to a blob.
const MostInline = 64 << 10

const mostHint = 200 // a hint is a stranger's text

// NewDelivery prepares a body as it came: its id, its digest, its sealed form. A body longer than MostInline is not
// sealed here: the caller puts it in a blob and adds NewDelivery.InBlob.
func (o *Org) NewDelivery(account ngo.AccountID, hint string, body []byte) NewDelivery {
	d := NewDelivery{
		ID:      ngo.NewID[ngo.DeliveryID](o.now()),
		account: account,
		hint:    cut(ngo.Printable(hint), mostHint),
		digest:  sha256.Sum256(body),
		size:    int64(len(body)),
		source:  ngo.SourceWebhook,
	}
	if len(body) <= MostInline {
		d.sealed = o.box.Seal(body, "delivery", "body", string(d.ID))
	}
	return d
}

// InBlob is the delivery with its body in a blob.
func (d NewDelivery) InBlob(blob ngo.BlobID) NewDelivery {
	d.sealed, d.blob = nil, blob
	return d
}

// Polled is the delivery as one that nobody sent: the provider was asked.
func (d NewDelivery) Polled() NewDelivery {
	d.source = ngo.SourcePoll
	return d
}

// Heard is the delivery as one of a channel, whose messages are to be read.
func (d NewDelivery) Heard() NewDelivery {
	d.heard = true
	return d
}

const insertDelivery = `
insert into delivery (id, account_id, digest, hint, size, received, body, blob_id, source)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (account_id, digest) do nothing`

// AddDelivery keeps a delivery and leaves the job that reads it. It says false, and leaves nothing, for a body that the
// account has sent before.
func (t *Tx) AddDelivery(d NewDelivery) (added bool, err error) {
	if d.sealed == nil && d.blob == "" {
		return false, &ngo.Error{Code: ngo.TooLarge, Message: "a body this long belongs in a blob"}
	}
	n, err := t.exec("add delivery", insertDelivery, string(d.ID), string(d.account), d.digest[:], d.hint, d.size, t.stamp(),
		bytesOrNull(d.sealed), orNull(d.blob), string(d.source))
	if err != nil || n == 0 {
		return false, err
	}
	t.audit("delivery.accept", string(d.ID), nil, facts{{"account", string(d.account)}, {"sha256", d.digest[:]}, {"size", d.size}})
	t.count("delivery", string(ngo.DeliveryAccepted), 1)
	t.changed("delivery", string(d.ID))
	return true, t.leaveReading(d.ID, d.heard)
}

func (t *Tx) leaveReading(id ngo.DeliveryID, heard bool) error {
	if heard {
		return t.Enqueue(ngo.LaneMessage, ngo.JobHear, string(id), 0)
	}
	return t.Enqueue(ngo.LanePayment, ngo.JobIngest, string(id), 0)
}

// ReadAgain leaves the job that reads a delivery once more.
func (t *Tx) ReadAgain(d ngo.Delivery) error {
	a, err := t.AccountByID(d.Account)
	if err != nil {
		return err
	}
	return t.leaveReading(d.ID, a.Kind == ngo.Channel)
}

const deliveryColumns = `id, account_id, digest, hint, size, state, reason, summary, source, received, processed`

func scanDelivery(s scanner) (ngo.Delivery, error) { return scanDeliveryAnd(s) }

// scanDeliveryAnd scans further columns behind those of a delivery.
func scanDeliveryAnd(s scanner, more ...any) (ngo.Delivery, error) {
	var d ngo.Delivery
	var digest []byte
	err := s.Scan(append([]any{&d.ID, &d.Account, &digest, &d.Hint, &d.Size, &d.State, &d.Reason, &d.Summary, &d.Source, at(&d.Received),
		maybeAt(&d.Processed)}, more...)...)
	copy(d.Digest[:], digest)
	return d, err
}

const selectDelivery = `
select ` + deliveryColumns + `
from delivery
where id = $1`

// Delivery gives one delivery, without its body.
func (r *Rx) Delivery(id ngo.DeliveryID) (ngo.Delivery, error) {
	return get(r.conn, "delivery", string(id), scanDelivery, selectDelivery, string(id))
}

const selectWithBody = `
select ` + deliveryColumns + `, body, coalesce(blob_id, '')
from delivery
where id = $1`

type storedBody struct {
	delivery ngo.Delivery
	sealed   []byte
	blob     ngo.BlobID
}

func scanWithBody(s scanner) (b storedBody, err error) {
	b.delivery, err = scanDeliveryAnd(s, &b.sealed, &b.blob)
	return b, err
}

// DeliveryBody gives a delivery with its body as it came, or the blob that lies in. It fails with NotFound once the body was
// erased.
func (r *Rx) DeliveryBody(id ngo.DeliveryID) (d ngo.Delivery, body []byte, blob ngo.BlobID, err error) {
	stored, err := get(r.conn, "delivery", string(id), scanWithBody, selectWithBody, string(id))
	if err != nil || stored.blob != "" {
		return stored.delivery, nil, stored.blob, err
	}
	if stored.sealed == nil {
		return stored.delivery, nil, "", &ngo.Error{Code: ngo.NotFound, Message: "the body of delivery " + string(id) + " was erased", Hint: "its digest and its effects are kept: ngoctl delivery show " + string(id)}
	}
	body, err = r.org.box.Open(stored.sealed, "delivery", "body", string(id))
	return stored.delivery, body, "", err
}

// DeliveryQuery asks for deliveries; an empty field means any.
type DeliveryQuery struct {
	ListQuery
	State   ngo.DeliveryState
	Account ngo.AccountID
	Source  ngo.DeliverySource
}

const (
	deliveryFilter = `
  and ($2 = '' or state = $2)
  and ($3 = '' or account_id = $3)
  and ($4 = '' or source = $4)
order by id desc
limit $5`

	listDeliveries = `
select ` + deliveryColumns + `
from delivery
where id < $1` + deliveryFilter

	// listQuarantined and listPolled are the same, in the words that their indexes need.
	listQuarantined = `
select ` + deliveryColumns + `
from delivery
where id < $1
  and state = 'quarantined'` + deliveryFilter

	listPolled = `
select ` + deliveryColumns + `
from delivery
where id < $1
  and source = 'poll'` + deliveryFilter
)

// Deliveries lists what came in, newest first.
func (r *Rx) Deliveries(q DeliveryQuery) (items []ngo.Delivery, next string, err error) {
	query := listDeliveries
	switch {
	case q.State == ngo.DeliveryQuarantined:
		query = listQuarantined
	case q.Source == ngo.SourcePoll:
		query = listPolled
	}
	key := func(d ngo.Delivery) string { return string(d.ID) }
	return page(r.conn, "deliveries", q.ListQuery, scanDelivery, key, query, q.before(), string(q.State), string(q.Account), string(q.Source))
}

const settleDelivery = `
update delivery
set state = $2,
    summary = $3,
    reason = $4,
    processed = $5
where id = $1 and state = $6`

// SettleDelivery records what became of a delivery. Settling it the same way again changes nothing; a move that is not
// allowed fails with Conflict.
func (t *Tx) SettleDelivery(id ngo.DeliveryID, state ngo.DeliveryState, summary, reason string) error {
	var processed any // a quarantined one still waits for a person
	if state == ngo.DeliveryProcessed {
		processed = t.stamp()
	}
	settle := func(from ngo.DeliveryState) (int64, error) {
		return t.exec("settle delivery", settleDelivery, string(id), string(state), cut(ngo.Printable(summary), mostHint), reason, processed, string(from))
	}
	from := ngo.DeliveryAccepted
	n, err := settle(from) // nearly always it was just accepted: one statement
	if err == nil && n == 0 {
		from, n, err = t.settleAgain(id, state, settle)
	}
	if err != nil || n == 0 {
		return err
	}
	if state != ngo.DeliveryProcessed || from != ngo.DeliveryAccepted {
		t.audit("delivery."+string(state), string(id), facts{{"state", string(from)}}, facts{{"summary", personal(summary)}, {"reason", personal(reason)}})
	}
	t.moved("delivery", string(from), string(state))
	t.changed("delivery", string(id))
	return nil
}

func (t *Tx) settleAgain(id ngo.DeliveryID, state ngo.DeliveryState, settle func(ngo.DeliveryState) (int64, error)) (ngo.DeliveryState, int64, error) {
	d, err := t.Delivery(id)
	if err != nil || d.State == state {
		return d.State, 0, err
	}
	if !d.State.CanBecome(state) {
		return d.State, 0, badMove("delivery", string(id), string(d.State), string(state))
	}
	n, err := settle(d.State)
	return d.State, n, err
}

func badMove(what, id, from, to string) error {
	return &ngo.Error{Code: ngo.Conflict, Message: "the " + what + " " + id + " is " + from + " and cannot become " + to, Hint: "look at it again: it may have changed meanwhile"}
}

// eraseAtOnce bounds how long one transaction of EraseBodies takes.
const eraseAtOnce = 500

const (
	oldBodies = `
  from delivery
  where processed is not null and (body is not null or blob_id is not null) and processed < $1
  order by processed
  limit $2`

	// eraseOldKeys takes the keys of the files that hold bodies: without its key a file is noise, wherever it was copied to.
	eraseOldKeys = `
delete from blob
where id in (
  select blob_id` + oldBodies + `
)`

	eraseBodies = `
update delivery
set body = null,
    blob_id = null
where id in (
  select id` + oldBodies + `
)`
)

// EraseBodies erases the bodies of deliveries processed before a moment, at most 500 at once, and tells how many; the
// digests stay, and news of messages that never came to be known goes too. Files that held one cannot be read from then on, and the sweeper takes them.
func (t *Tx) EraseBodies(before time.Time) (n int, err error) {
	if _, err := t.exec("erase keys of bodies", eraseOldKeys, ngo.Stamp(before), eraseAtOnce); err != nil {
		return 0, err
	}
	if err := t.forgetPayers(before); err != nil {
		return 0, err
	}
	if _, err := t.ForgetEarly(before); err != nil {
		return 0, err
	}
	count, err := t.exec("erase bodies", eraseBodies, ngo.Stamp(before), eraseAtOnce)
	if count > 0 {
		t.audit("delivery.erase", "", nil, facts{{"bodies", count}, {"processed_before", ngo.Stamp(before)}})
	}
	return int(count), err
}

const (
	eraseKey = `
delete from blob
where id = (select blob_id from delivery where id = $1)`

	eraseBody = `
update delivery
set body = null,
    blob_id = null
where id = $1 and (body is not null or blob_id is not null)`
)

// EraseBody erases the body of a delivery at once, because of what is in it that is never kept.
func (t *Tx) EraseBody(id ngo.DeliveryID) error {
	if _, err := t.exec("erase key of body", eraseKey, string(id)); err != nil {
		return err
	}
	n, err := t.exec("erase body", eraseBody, string(id))
	if n > 0 {
		t.audit("delivery.erase", string(id), nil, facts{{"bodies", n}})
	}
	return err
}

// cut shortens s to at most n bytes, at the end of a sign.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
