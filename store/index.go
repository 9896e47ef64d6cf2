package store

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// What is written is searched a little later: each commit notes what it changed (see ledger), and whoever runs the search reads those
// notes in batches, makes keys of the rows, and writes them. So no message waits for its words, a crash loses none, and rows that
// were there before there was a search are found as well.

// A searchedKind is a kind of row that is searched. Entries of a kind have numbers of their own, the later ones higher.
type searchedKind struct {
	name   string
	prefix string // of its ids
	rank   int64
	read   func(*Rx, []string) (map[string]*keys, error)
}

const rankSize = int64(1) << 40

// searchedKinds in the order in which they are shown.
func searchedKinds() []searchedKind {
	return []searchedKind{
		{"person", "per_", 6, (*Rx).personKeys},
		{"conversation", "cnv_", 5, (*Rx).conversationKeys},
		{"receipt", "rcp_", 4, (*Rx).receiptKeys},
		{"payment", "pmt_", 3, (*Rx).paymentKeys},
		{"donation", "don_", 2, (*Rx).donationKeys},
		{"message", "msg_", 1, (*Rx).messageKeys},
	}
}

func kindOf(subject string) (searchedKind, bool) {
	for _, k := range searchedKinds() {
		if strings.HasPrefix(subject, k.prefix) {
			return k, true
		}
	}
	return searchedKind{}, false
}

var insertStale = newMultiRow(1, "insert into stale (subject) values ", "")

// noteStale notes what a commit changed and is searched.
func noteStale(c WriteConn, subjects []string) error {
	for len(subjects) > 0 {
		n, text := insertStale.fitting(len(subjects))
		args := make([]any, 0, n)
		for _, s := range subjects[:n] {
			args = append(args, s)
		}
		if _, err := c.Exec(text, args...); err != nil {
			return err
		}
		subjects = subjects[n:]
	}
	return nil
}

// staleAfter tells what of a commit has to be searched anew.
func staleAfter(notes []any) (subjects []string) {
	seen := map[string]bool{}
	for _, n := range notes {
		c, ok := n.(Change)
		if !ok || c.Org == "" || c.Lane != "" || c.sameWords || seen[c.ID] {
			continue
		}
		if _, searched := kindOf(c.ID); searched {
			seen[c.ID] = true
			subjects = append(subjects, c.ID)
		}
	}
	return subjects
}

const listStale = `
select id, subject
from stale
order by id
limit $1`

type staleRow struct {
	id      int64
	subject string
}

func scanStale(s scanner) (r staleRow, err error) { return r, s.Scan(&r.id, &r.subject) }

// Words is what some rows are found by, read from one snapshot.
type Words struct {
	upTo    int64 // of stale
	notes   int
	entries []wordsOf
}

type wordsOf struct {
	subject string
	keys    string // empty when there is nothing of it to be found
}

// Empty tells whether there is nothing to be written.
func (w Words) Empty() bool { return w.upTo == 0 }

// Notes tells how many notes it comes from.
func (w Words) Notes() int { return w.notes }

// Searched tells whether what has this id is searched.
func Searched(id string) bool {
	_, ok := kindOf(id)
	return ok
}

// Unsearched reads what was written and is not searched as it is yet, the first noted first, of at most so many notes.
func (r *Rx) Unsearched(limit int) (w Words, err error) {
	rows, err := all(r.conn, "what is to be searched", scanStale, listStale, limit)
	if err != nil || len(rows) == 0 {
		return w, err
	}
	w.upTo, w.notes = rows[len(rows)-1].id, len(rows)
	subjects := map[string][]string{} // by prefix
	for _, row := range rows {
		if k, ok := kindOf(row.subject); ok {
			subjects[k.prefix] = append(subjects[k.prefix], row.subject)
		}
	}
	for _, k := range searchedKinds() {
		wanted := subjects[k.prefix]
		slices.Sort(wanted)
		if err := r.addWords(&w, k, slices.Compact(wanted)); err != nil {
			return w, fmt.Errorf("read words of each %s: %w", k.name, err)
		}
	}
	return w, nil
}

func (r *Rx) addWords(w *Words, k searchedKind, subjects []string) error {
	for some := range slices.Chunk(subjects, atOnce) {
		found, err := k.read(r, some)
		if err != nil {
			return err
		}
		for _, s := range some {
			one := wordsOf{subject: s}
			if of := found[s]; of != nil {
				one.keys = of.String()
			}
			w.entries = append(w.entries, one)
		}
	}
	return nil
}

var selectEntries = `
select id, subject, digest
from entry
where subject in (` + someKeys + `)`

type entryRow struct {
	id      int64
	subject string
	digest  int64
}

func scanEntry(s scanner) (e entryRow, err error) { return e, s.Scan(&e.id, &e.subject, &e.digest) }

const (
	lastEntry = `
select coalesce(max(id), $1)
from entry
where id >= $1 and id < $2`

	updateEntry = `
update entry
set digest = $2
where id = $1`

	deleteEntry = `
delete from entry
where id = $1`

	deleteWords = `
delete from entry_words
where rowid = $1`

	deleteStale = `
delete from stale
where id <= $1`

	insertWords = `
insert into entry_words (rowid, words)
values ($1, $2)`
)

var insertEntries = newMultiRow(3, "insert into entry (id, subject, digest) values ", "")

// indexed is what a batch writes.
type indexed struct {
	entries []any // of insertEntries
	words   map[int64]string
	next    map[int64]int64 // by rank
}

// Index has rows found by their words as they were read. Rows that changed since were noted again.
func (t *Tx) Index(w Words) error {
	x := indexed{words: map[int64]string{}, next: map[int64]int64{}}
	for some := range slices.Chunk(w.entries, atOnce) {
		if err := t.indexSome(&x, some); err != nil {
			return err
		}
	}
	if err := t.insertMany("add entries", insertEntries, x.entries); err != nil {
		return err
	}
	// In the order of their numbers and a row at a time: the search writes a piece of its own whenever a number is lower than the last,
	// and at each statement of many rows.
	for _, id := range slices.Sorted(maps.Keys(x.words)) {
		if _, err := t.exec("add words", insertWords, id, x.words[id]); err != nil {
			return err
		}
	}
	if w.upTo == 0 {
		return nil
	}
	_, err := t.exec("end notes of what to search", deleteStale, w.upTo)
	return err
}

func (t *Tx) insertMany(what string, m multiRow, args []any) error {
	for len(args) > 0 {
		n, text := m.fitting(len(args) / m.columns)
		if _, err := t.exec(what, text, args[:n*m.columns]...); err != nil {
			return err
		}
		args = args[n*m.columns:]
	}
	return nil
}

func (t *Tx) indexSome(x *indexed, some []wordsOf) error {
	var subjects []string
	for _, one := range some {
		subjects = append(subjects, one.subject)
	}
	found, err := all(t.w, "entries", scanEntry, selectEntries, keysFor(subjects)...)
	if err != nil {
		return err
	}
	had := map[string]entryRow{}
	for _, e := range found {
		had[e.subject] = e
	}
	for _, one := range some {
		if err := t.indexOne(x, one, had[one.subject]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) indexOne(x *indexed, one wordsOf, had entryRow) error {
	digest := digestOf(one.keys)
	if had.id != 0 && had.digest == digest || had.id == 0 && one.keys == "" {
		return nil
	}
	if had.id == 0 {
		id, err := t.nextEntry(x, one.subject)
		x.entries = append(x.entries, id, one.subject, digest)
		x.words[id] = one.keys
		return err
	}
	if _, err := t.exec("remove words", deleteWords, had.id); err != nil {
		return err
	}
	if one.keys == "" {
		_, err := t.exec("remove entry", deleteEntry, had.id)
		return err
	}
	x.words[had.id] = one.keys
	_, err := t.exec("change entry", updateEntry, had.id, digest)
	return err
}

// nextEntry gives the number of a new entry.
func (t *Tx) nextEntry(x *indexed, subject string) (int64, error) {
	k, ok := kindOf(subject)
	if !ok {
		return 0, fmt.Errorf("%s is not searched", subject)
	}
	if x.next[k.rank] == 0 {
		last, err := scanOne[int64](t.w.QueryRow(lastEntry, k.rank*rankSize, (k.rank+1)*rankSize))
		if err != nil {
			return 0, fmt.Errorf("number an entry: %w", err)
		}
		x.next[k.rank] = last
	}
	x.next[k.rank]++
	return x.next[k.rank], nil
}

func digestOf(keys string) int64 {
	h := fnv.New64a()
	h.Write([]byte(keys))
	return int64(h.Sum64())
}

var personsWanted = `
select ` + personColumns + `
from person p
where p.erased is null and p.id in (` + someKeys + `)`

func (r *Rx) personKeys(ids []string) (map[string]*keys, error) {
	people, err := all(r.conn, "people", scanPerson, personsWanted, keysFor(ids)...)
	if err != nil {
		return nil, err
	}
	if err := r.addAddresses(people); err != nil {
		return nil, err
	}
	out := map[string]*keys{}
	for _, p := range people {
		k := &keys{}
		k.name(p.Name)
		for _, i := range p.Identities {
			switch i.Kind {
			case ngo.Phone, ngo.WhatsApp:
				k.phone(i.Value)
			case ngo.EMail, ngo.UPI:
				k.mail(i.Value)
			default:
				k.number(i.Value)
			}
		}
		out[string(p.ID)] = k
	}
	return out, nil
}

// texts reads an id and what stands behind it, as one row of what an entry is made of.
type texts struct {
	id         string
	a, b, c, d string
}

func scanTexts(s scanner) (t texts, err error) { return t, s.Scan(&t.id, &t.a, &t.b, &t.c, &t.d) }

// keysOf reads rows of four texts and makes keys of each.
func (r *Rx) keysOf(what, query string, ids []string, of func(*keys, texts)) (map[string]*keys, error) {
	rows, err := all(r.conn, what, scanTexts, query, keysFor(ids)...)
	out := map[string]*keys{}
	for _, row := range rows {
		k := &keys{}
		of(k, row)
		out[row.id] = k
	}
	return out, err
}

var (
	conversationTexts = `
select id, name, subject, address_kind, address
from conversation
where id in (` + someKeys + `)`

	receiptTexts = `
select id, number, '', '', ''
from receipt
where id in (` + someKeys + `)`

	paymentTexts = `
select id, ref, alias, reference, purchase
from payment
where id in (` + someKeys + `)`

	donationTexts = `
select d.id, d.donor_name, d.donor_email, d.donor_phone, coalesce(p.name, ''), d.donor_pan
from donation d
left join person p on p.id = d.person_id
where d.id in (` + someKeys + `)`

	messageTexts = `
select ` + messageColumns + `
from message
where conversation_id is not null and id in (` + someKeys + `)`
)

func (r *Rx) conversationKeys(ids []string) (map[string]*keys, error) {
	return r.keysOf("conversations", conversationTexts, ids, func(k *keys, t texts) {
		k.name(t.a)
		k.prose(t.b)
		if ngo.IdentityKind(t.c) == ngo.EMail {
			k.mail(t.d)
		}
	})
}

func (r *Rx) receiptKeys(ids []string) (map[string]*keys, error) {
	return r.keysOf("receipts", receiptTexts, ids, func(k *keys, t texts) { k.number(t.a) })
}

func (r *Rx) paymentKeys(ids []string) (map[string]*keys, error) {
	return r.keysOf("payments", paymentTexts, ids, func(k *keys, t texts) {
		for _, s := range []string{t.a, t.b, t.c, t.d} {
			k.number(s)
		}
	})
}

type giftTexts struct {
	texts
	pan []byte
}

func scanGiftTexts(s scanner) (g giftTexts, err error) {
	return g, s.Scan(&g.id, &g.a, &g.b, &g.c, &g.d, &g.pan)
}

// donationKeys has the donor only where the person is called otherwise: else the person is found. The PAN is there as a keyed digest, by
// which nobody can find it who does not know it.
func (r *Rx) donationKeys(ids []string) (map[string]*keys, error) {
	rows, err := all(r.conn, "donations", scanGiftTexts, donationTexts, keysFor(ids)...)
	if err != nil {
		return nil, err
	}
	out := map[string]*keys{}
	for _, g := range rows {
		k := &keys{}
		out[g.id] = k
		pan, err := r.openDonor(ngo.DonationID(g.id), "donor_pan", g.pan)
		if err != nil {
			return nil, err
		}
		k.add(keyNumber, r.panKey(pan))
		if g.a != g.d {
			k.name(g.a)
			k.mail(g.b)
			k.phone(g.c)
		}
	}
	return out, nil
}

// panKey is the key of a PAN; empty for none.
func (r *Rx) panKey(pan string) string {
	if pan == "" {
		return ""
	}
	sum := r.org.box.Digest("search:pan", []byte(pan))
	return "pan" + hex.EncodeToString(sum[:10])
}

func (r *Rx) messageKeys(ids []string) (map[string]*keys, error) {
	messages, err := all(r.conn, "messages", scanMessage, messageTexts, keysFor(ids)...)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(r.rippling(messages), r.addAttached(messages)); err != nil {
		return nil, err
	}
	out := map[string]*keys{}
	for i := range messages {
		out[string(messages[i].ID)] = keysOfMessage(&messages[i])
	}
	return out, nil
}

// keysOfMessage makes keys of what a message says as it is now, of what it carries, and of its files' names.
func keysOfMessage(m *ngo.Message) *keys {
	k := &keys{}
	if m.Revoked != nil {
		return k
	}
	k.prose(m.Subject)
	k.prose(m.Text)
	for _, a := range m.Attachments {
		k.prose(a.Name)
	}
	var more ngo.Extra
	if len(m.More) == 0 || json.Unmarshal(m.More, &more) != nil {
		return k
	}
	for _, s := range moreTexts(&more) {
		k.prose(s)
	}
	return k
}

// moreTexts gives what people can read of what a message carries.
func moreTexts(x *ngo.Extra) (out []string) {
	if x.Place != nil {
		out = append(out, x.Place.Name, x.Place.Address)
	}
	for _, c := range x.Cards {
		out = append(append(out, c.Name), c.Lines...)
	}
	for _, f := range x.Form {
		out = append(out, f.Value)
	}
	out = append(append(out, x.Choice), x.Order...)
	for _, values := range []map[string]string{x.Header, x.Body} {
		for _, name := range slices.Sorted(maps.Keys(values)) {
			out = append(out, values[name])
		}
	}
	return out
}
