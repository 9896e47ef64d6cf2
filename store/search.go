package store

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Hit is something that was found.
type Hit struct {
	Kind         string // person, conversation, receipt, payment, donation, message
	Subject      string // its id
	Title        string
	Snippet      string
	Person       ngo.PersonID // as whose part they are shown
	Conversation ngo.ConversationID
	At           time.Time
}

// searchRows gives the newest first. The engine walks its lists backwards and stops at the limit, however many there are.
const searchRows = `
select e.subject
from entry_words
join entry e on e.id = entry_words.rowid
where entry_words match $1 and entry_words.rowid >= $2 and entry_words.rowid < $3
order by entry_words.rowid desc
limit $4`

// Of several kinds no one is to push the others out.
const mostOfAKind = 10

// Search finds what has all of the words: people, conversations, receipts, payments, gifts and messages, in this order, and of each
// kind the newest first; kind, where it is not empty, asks for one of these only. A word is found in whatever script its name is
// written, the last also when it is only begun; a phone by four digits or more at its end; a receipt by its number or the last part
// of it; an address by what it begins with, or its parts; gifts by a PAN. What was written within the last second may not be found yet. It fails with
// Invalid for a kind that there is not.
func (r *Rx) Search(words, kind string, limit int) ([]Hit, error) {
	limit = ListQuery{Limit: limit}.limit()
	kinds := searchedKinds()
	if kind != "" {
		kinds = slices.DeleteFunc(kinds, func(k searchedKind) bool { return k.name != kind })
	}
	if len(kinds) == 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("nothing of the kind %q is searched", ngo.Printable(kind)),
			Hint: "person, conversation, receipt, payment, donation or message"}
	}
	var out []Hit
	for i, k := range kinds {
		most := limit - len(out)
		if i < len(kinds)-1 {
			most = min(most, mostOfAKind)
		}
		found, err := r.searchKind(k, words, most)
		if err != nil {
			return nil, fmt.Errorf("search each %s: %w", k.name, err)
		}
		out = append(out, found...)
	}
	return out, nil
}

func (r *Rx) searchKind(k searchedKind, words string, limit int) ([]Hit, error) {
	if limit <= 0 {
		return nil, nil
	}
	subjects, err := r.subjects(k, words, limit)
	if err != nil {
		return nil, err
	}
	found := map[string]Hit{}
	for some := range slices.Chunk(subjects, atOnce) {
		hits, err := all(r.conn, "what was found", scanHit, hitQueries[k.name], keysFor(some)...)
		if err != nil {
			return nil, err
		}
		for _, h := range hits {
			h.Kind = k.name
			found[h.Subject] = h
		}
		if k.name == "message" {
			if err := r.asTheyAre(found, some); err != nil {
				return nil, err
			}
		}
	}
	var out []Hit
	for _, s := range subjects {
		if h, ok := found[s]; ok { // else it went since
			h.Snippet = around(h.Snippet, words)
			out = append(out, h)
		}
	}
	return out, nil
}

// asTheyAre shows messages as they are after what came about them, and leaves out what was taken back and is still in the search.
func (r *Rx) asTheyAre(found map[string]Hit, ids []string) error {
	messages, err := all(r.conn, "messages", scanMessage, messageTexts, keysFor(ids)...)
	if err != nil {
		return err
	}
	if err := r.rippling(messages); err != nil {
		return err
	}
	for _, m := range messages {
		h := found[string(m.ID)]
		h.Snippet = strings.TrimSpace(m.Subject + " " + m.Text)
		found[string(m.ID)] = h
		if m.Revoked != nil {
			delete(found, string(m.ID))
		}
	}
	return nil
}

// subjects gives the ids of what is found.
func (r *Rx) subjects(k searchedKind, words string, limit int) ([]string, error) {
	if pan, err := ngo.NormalisePAN(words); err == nil && k.name == "donation" {
		return r.entriesOf(k.name, exact(keyNumber, r.panKey(pan)), limit)
	}
	return r.entriesOf(k.name, asked(words, question{wide: k.name != "message"}), limit)
}

// entriesOf gives what of a kind has the keys that are asked for, the newest first; nothing when nothing is asked.
func (r *Rx) entriesOf(kind, query string, limit int) ([]string, error) {
	if query == "" {
		return nil, nil
	}
	from, to := placesOf(kind)
	return all(r.conn, "entries", scanOne[string], searchRows, query, from, to, limit)
}

// placesOf gives between which numbers the entries of a kind lie.
func placesOf(kind string) (from, to int64) {
	for _, k := range searchedKinds() {
		if k.name == kind {
			return k.rank * rankSize, (k.rank + 1) * rankSize
		}
	}
	return 0, 0
}

func scanHit(s scanner) (h Hit, err error) {
	return h, s.Scan(&h.Subject, &h.Title, &h.Snippet, &h.Person, &h.Conversation, at(&h.At))
}

// hitQueries show what was found of each kind.
var hitQueries = map[string]string{
	"person": `
select p.id, p.name, coalesce((select min(i.value) from identity i where i.person_id = p.id and i.kind in ('email', 'phone', 'whatsapp')), ''), p.root, '', p.created
from person p
where p.id in (` + someKeys + `)`,

	"conversation": `
select c.id, c.name, c.subject, coalesce(p.root, ''), c.id, c.last_at
from conversation c
left join person p on p.id = c.person_id
where c.id in (` + someKeys + `)`,

	"receipt": `
select r.id, r.number, d.donor_name, coalesce(p.root, ''), '', r.issued
from receipt r
join donation d on d.id = r.donation_id
left join person p on p.id = d.person_id
where r.id in (` + someKeys + `)`,

	"payment": `
select m.id, m.ref, coalesce(d.donor_name, ''), coalesce(p.root, ''), '', m.created
from payment m
left join donation d on d.payment_id = m.id
left join person p on p.id = d.person_id
where m.id in (` + someKeys + `)`,

	"donation": `
select d.id, d.donor_name, d.purpose, coalesce(p.root, ''), '', d.recorded
from donation d
left join person p on p.id = d.person_id
where d.id in (` + someKeys + `)`,

	"message": `
select m.id, coalesce(c.name, ''), trim(m.subject || ' ' || m.text), coalesce(p.root, ''), coalesce(m.conversation_id, ''), m.at
from message m
left join conversation c on c.id = m.conversation_id
left join person p on p.id = m.person_id
where m.id in (` + someKeys + `)`,
}

const (
	snippetSigns  = 120
	snippetBefore = 30
)

// around gives a line of a text about the first of some words that stands in it as it was written.
func around(text, words string) string {
	text = strings.Join(strings.Fields(ngo.Printable(text)), " ")
	if utf8.RuneCountInString(text) <= snippetSigns {
		return text
	}
	from := 0
	lower := strings.ToLower(text)
	for _, w := range strings.Fields(strings.ToLower(words)) {
		if at := strings.Index(lower, w); at >= 0 && len(lower) == len(text) {
			from = utf8.RuneCountInString(text[:at])
			break
		}
	}
	signs := []rune(text)
	from = max(0, min(from-snippetBefore, len(signs)-snippetSigns))
	out := string(signs[from:min(from+snippetSigns, len(signs))])
	if from > 0 {
		out = "…" + out
	}
	if from+snippetSigns < len(signs) {
		out += "…"
	}
	return out
}
