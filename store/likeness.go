package store

import (
	"cmp"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Nobody but staff joins people because they look alike. What is offered comes with what speaks for it and what against, in sentences.

const (
	leastScore  = 40 // of what is offered
	mostLikely  = 10
	mostAlike   = 50 // people of one name who are looked at
	fewAlike    = 3  // so many of a name are rare
	alikeDigits = 6  // at the end of a number
)

// portrait is what is known of everybody who is shown as one.
type portrait struct {
	ngo.Person
	ids       []ngo.PersonID
	names     []string
	known     []ngo.Identity
	pans      []string
	addresses []string       // where they live, as their gifts say
	named     []ngo.Identity // phones and e-mails on gifts of theirs, whoever's these are
	gave      []ngo.Identity // phones that they gave as their own when they were asked
}

// Likely offers who may be the same person, the likeliest first. Those of whom somebody said that they are not are left out.
func (r *Rx) Likely(id ngo.PersonID) ([]ngo.Likeness, error) {
	root, err := r.RootOf(id)
	if err != nil {
		return nil, err
	}
	found, err := r.portraits([]ngo.PersonID{root})
	if err != nil || len(found) == 0 || found[0].Erased != nil {
		return nil, err
	}
	who := found[0]
	others, alike, err := r.candidates(who)
	if err != nil {
		return nil, err
	}
	them, err := r.portraits(others)
	if err != nil {
		return nil, err
	}
	var out []ngo.Likeness
	for _, p := range them {
		l := who.compare(p)
		if slices.Contains(alike, p.ID) && len(alike) <= fewAlike && len(l.Doubts) == 0 {
			l.Score += 15
			l.Reasons = append(l.Reasons, "Hardly anybody else is called so.")
		}
		if l.Score >= leastScore {
			l.Score = min(l.Score, 99)
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b ngo.Likeness) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Person.ID, b.Person.ID))
	})
	return out[:min(len(out), mostLikely)], nil
}

var (
	// rootsByAddress has who is known by an address, also where the kinds differ: a number is one at WhatsApp too.
	rootsByAddress = `
select distinct p.root
from identity i
join person p on p.id = i.person_id
where i.kind in ('email', 'phone', 'upi', 'whatsapp') and i.value in (` + someKeys + `)`

	rootsOfPeople = `
select distinct p.root
from person p
where p.id in (` + someKeys + `)`

	rootsOfGifts = `
select distinct p.root
from donation d
join person p on p.id = d.person_id
where d.id in (` + someKeys + `)`

	listApart = `
select q.root
from apart a
join person p on p.id = a.one
join person q on q.id = a.other
where p.root = $1
union
select p.root
from apart a
join person p on p.id = a.one
join person q on q.id = a.other
where q.root = $1`
)

// candidates gives the roots of those who are worth a look, and which of them have the same name.
func (r *Rx) candidates(who portrait) (out, alike []ngo.PersonID, err error) {
	var values []string
	for _, i := range slices.Concat(who.known, who.named, who.gave) {
		values = append(values, sameNumber(i)...)
	}
	for some := range slices.Chunk(values, atOnce) {
		found, err := all(r.conn, "who has an address", scanOne[ngo.PersonID], rootsByAddress, keysFor(some)...)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, found...)
	}
	if alike, err = r.namesakes(who); err != nil {
		return nil, nil, err
	}
	taxed, err := r.samePAN(who)
	if err != nil {
		return nil, nil, err
	}
	out = append(out, taxed...)
	apart, err := all(r.conn, "who is another", scanOne[ngo.PersonID], listApart, string(who.ID))
	if err != nil {
		return nil, nil, err
	}
	none := func(id ngo.PersonID) bool { return id == who.ID || slices.Contains(apart, id) }
	alike = slices.DeleteFunc(alike, none)
	out = slices.Compact(slices.Sorted(slices.Values(slices.DeleteFunc(append(out, alike...), none))))
	return out, alike, nil
}

// sameNumber gives the forms of an address under which it may be somebody else's.
func sameNumber(i ngo.Identity) []string {
	switch i.Kind {
	case ngo.Phone:
		return []string{i.Value, strings.TrimPrefix(i.Value, "+")}
	case ngo.WhatsApp:
		return []string{i.Value, "+" + i.Value}
	case ngo.EMail, ngo.UPI:
		return []string{i.Value}
	}
	return nil
}

// namesakes gives the roots of people who are called as somebody is.
func (r *Rx) namesakes(who portrait) ([]ngo.PersonID, error) {
	var subjects []string
	for _, name := range who.names {
		found, err := r.entriesOf("person", soundsAsked(name), mostAlike)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, found...)
	}
	return r.rootsOf(rootsOfPeople, subjects)
}

// samePAN gives the roots of people on whose gifts the same PAN stands.
func (r *Rx) samePAN(who portrait) ([]ngo.PersonID, error) {
	var gifts []string
	for _, pan := range who.pans {
		found, err := r.entriesOf("donation", exact(keyNumber, r.panKey(pan)), mostAlike)
		if err != nil {
			return nil, err
		}
		gifts = append(gifts, found...)
	}
	return r.rootsOf(rootsOfGifts, gifts)
}

func (r *Rx) rootsOf(query string, ids []string) (out []ngo.PersonID, err error) {
	for some := range slices.Chunk(ids, atOnce) {
		found, err := all(r.conn, "whose they are", scanOne[ngo.PersonID], query, keysFor(some)...)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	return slices.Compact(slices.Sorted(slices.Values(out))), nil
}

// soundsAsked asks for every word of a name by its sounds; for nothing when the name is one word alone, which many have.
func soundsAsked(name string) string {
	var terms []string
	for _, w := range ngo.Words(name) {
		var sounds []string
		for _, s := range ngo.Sounds(w) {
			if len(s) > 1 {
				sounds = append(sounds, exact(keySound, s))
			}
		}
		if len(sounds) > 0 {
			terms = append(terms, either(sounds...))
		}
	}
	if len(terms) < 2 {
		return ""
	}
	return strings.Join(terms, " AND ")
}

var (
	listPortraits = `
select ` + personColumns + `
from person p
where p.root in (` + someKeys + `)
order by p.id`

	// listFacts has what gifts say of their donors, the latest first, and of each no more than can be looked at.
	listFacts = `
select d.id, d.person_id, d.donor_name, d.donor_email, d.donor_phone, d.donor_address, d.donor_pan
from donation d
where d.person_id in (` + someKeys + `)
order by d.id desc
limit 500`
)

// portraits gives what is known of roots and of whoever was joined to them.
func (r *Rx) portraits(roots []ngo.PersonID) (out []portrait, err error) {
	for some := range slices.Chunk(roots, atOnce) {
		people, err := all(r.conn, "people", scanPerson, listPortraits, keysFor(some)...)
		if err != nil {
			return nil, err
		}
		if err := r.addAddresses(people); err != nil {
			return nil, err
		}
		of := map[ngo.PersonID]*portrait{}
		for _, root := range some {
			of[root] = &portrait{}
		}
		for _, p := range people {
			of[p.Root].add(p)
		}
		if err := r.addFacts(people, of); err != nil {
			return nil, err
		}
		if err := r.addOwnCards(people, of); err != nil {
			return nil, err
		}
		for _, root := range some {
			if of[root].ID != "" {
				out = append(out, *of[root])
			}
		}
	}
	return out, nil
}

func (p *portrait) add(one ngo.Person) {
	if one.ID == one.Root {
		parts := p.Parts
		p.Person, p.Parts = one, parts
	} else {
		p.Parts = append(p.Parts, one)
	}
	p.ids = append(p.ids, one.ID)
	p.call(one.Name)
	p.known = append(p.known, one.Identities...)
}

func (p *portrait) call(name string) {
	if name != "" && !slices.ContainsFunc(p.names, func(n string) bool { return ngo.SameName(n, name) }) {
		p.names = append(p.names, name)
	}
}

type factRow struct {
	gift                        ngo.DonationID
	person                      ngo.PersonID
	name, email, phone, address string
	pan                         []byte
}

func scanFact(s scanner) (f factRow, err error) {
	return f, s.Scan(&f.gift, &f.person, &f.name, &f.email, &f.phone, &f.address, &f.pan)
}

// addFacts adds what gifts say.
func (r *Rx) addFacts(people []ngo.Person, of map[ngo.PersonID]*portrait) error {
	roots := map[ngo.PersonID]ngo.PersonID{}
	var ids []ngo.PersonID
	for _, p := range people {
		roots[p.ID], ids = p.Root, append(ids, p.ID)
	}
	for some := range slices.Chunk(ids, atOnce) {
		rows, err := all(r.conn, "what gifts say", scanFact, listFacts, keysFor(some)...)
		if err != nil {
			return err
		}
		for _, f := range rows {
			pan, err := r.openDonor(f.gift, "donor_pan", f.pan)
			if err != nil {
				return err
			}
			of[roots[f.person]].donated(f, pan)
		}
	}
	return nil
}

func (p *portrait) donated(f factRow, pan string) {
	p.call(f.name)
	if pan != "" && !slices.Contains(p.pans, pan) {
		p.pans = append(p.pans, pan)
	}
	if a := bare(f.address); a != "" && !slices.Contains(p.addresses, a) {
		p.addresses = append(p.addresses, a)
	}
	for _, i := range identitiesOf(ngo.Donor{EMail: f.email, Phone: f.phone}) {
		if !slices.Contains(p.named, i) {
			p.named = append(p.named, i)
		}
	}
}

// compare says what speaks for two being one, and what against.
func (p portrait) compare(o portrait) ngo.Likeness {
	l := ngo.Likeness{Person: o.Person, Reasons: []string{}, Doubts: []string{}}
	add := func(score int, reason string) {
		l.Score += score
		l.Reasons = append(l.Reasons, reason)
	}
	doubt := func(score int, why string) {
		l.Score -= score
		l.Doubts = append(l.Doubts, why)
	}
	same, part := p.calledAs(o)
	switch {
	case meet(p.pans, o.pans):
		add(70, "They have the same PAN.")
	case len(p.pans) > 0 && len(o.pans) > 0:
		doubt(60, "Their PANs differ.")
	}
	p.compareAddresses(o, same || part, add, doubt)
	switch {
	case same:
		add(30, "Their names are the same, or are only written in another way.")
	case part:
		add(15, "The name of one is a part of the other's.")
	case len(p.names) > 0 && len(o.names) > 0:
		doubt(30, "Their names differ: they may be of one family.")
	}
	if meet(p.addresses, o.addresses) {
		add(20, "Gifts of both name the same postal address.")
	}
	return l
}

// calledAs tells whether two have a name in common, or a part of one.
func (p portrait) calledAs(o portrait) (same, part bool) {
	for _, a := range p.names {
		for _, b := range o.names {
			same = same || ngo.SameName(a, b)
			part = part || ngo.LikeName(a, b)
		}
	}
	return same, part
}

func meet(a, b []string) bool {
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}

// compareAddresses looks at what they are known by, and what gifts of the one name of the other.
func (p portrait) compareAddresses(o portrait, alike bool, add, doubt func(int, string)) {
	phones, others := numbers(p.known), numbers(o.known)
	switch {
	case meet(phones.alone, others.alone):
		add(60, "They have the same phone number.")
	case meet(phones.all, others.all):
		add(25, "They share a phone number.")
		doubt(0, "Several people use that phone.")
	case meet(numbers(p.gave).all, others.all) || meet(numbers(o.gave).all, phones.all):
		add(75, "One of them gave the number of the other as their own.") // it is offered even where the names differ: we asked for it
	case meet(numbers(p.named).all, others.alone) || meet(numbers(o.named).all, phones.alone):
		add(50, "A gift of one names the phone number of the other.")
	case alike && meet(phones.ends, others.ends):
		add(30, "Their phone numbers end alike.")
	}
	mails, theirs := mailsOf(p.known), mailsOf(o.known)
	switch {
	case meet(mails.all, theirs.all):
		add(60, "They share an e-mail address.")
	case meet(mailsOf(p.named).all, theirs.all) || meet(mailsOf(o.named).all, mails.all):
		add(50, "A gift of one names the e-mail address of the other.")
	case alike && meet(mails.ends, theirs.ends):
		add(20, "Their e-mail addresses differ only behind the @.")
	}
}

// addresses are some of one sort: all, those that they have alone, and the part by which a slip is recognised.
type addresses struct{ all, alone, ends []string }

func numbers(known []ngo.Identity) (out addresses) {
	for _, i := range known {
		if i.Kind != ngo.Phone && i.Kind != ngo.WhatsApp {
			continue
		}
		digits := strings.TrimPrefix(i.Value, "+")
		out.all = append(out.all, digits)
		if !i.Shared {
			out.alone = append(out.alone, digits)
		}
		if len(digits) >= alikeDigits {
			out.ends = append(out.ends, digits[len(digits)-alikeDigits:])
		}
	}
	return out
}

func mailsOf(known []ngo.Identity) (out addresses) {
	for _, i := range known {
		if i.Kind != ngo.EMail {
			continue
		}
		out.all = append(out.all, i.Value)
		if local, _, _ := strings.Cut(i.Value, "@"); len(local) >= alikeDigits {
			out.ends = append(out.ends, local)
		}
	}
	return out
}
