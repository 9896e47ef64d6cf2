package store

import (
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Persona is somebody as they are shown: whoever they were joined to lends them the name.
type Persona struct {
	Root     ngo.PersonID // their own id where they are nobody's part
	Name     string
	Language string // en, ta, hi; empty is the organisation's own
	Stopped  bool   // they, or one who was joined to them, asked for no more than answers
}

var listPersonas = `
select p.id, p.root, coalesce(nullif(r.name, ''), p.name), coalesce(nullif(p.language, ''), r.language)
from person p
join person r on r.id = p.root
where p.id in (` + someKeys + `)`

type ownedPersona struct {
	person ngo.PersonID
	Persona
}

func scanPersona(s scanner) (p ownedPersona, err error) {
	return p, s.Scan(&p.person, &p.Root, &p.Name, &p.Language)
}

// Personas tells how people are shown now, by their own ids. Of whom nothing is known is left out.
func (r *Rx) Personas(ids []ngo.PersonID) (map[ngo.PersonID]Persona, error) {
	out := make(map[ngo.PersonID]Persona, len(ids))
	for some := range slices.Chunk(ids, atOnce) {
		found, err := all(r.conn, "personas", scanPersona, listPersonas, keysFor(some)...)
		if err != nil {
			return nil, err
		}
		roots := make([]ngo.PersonID, len(found))
		for i, p := range found {
			roots[i] = p.Root
		}
		stopped, err := r.stoppedOf(roots)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			p.Stopped = stopped[p.Root]
			out[p.person] = p.Persona
		}
	}
	return out, nil
}

// MessageByKey gives what was written into a conversation with a key of the caller's. It fails with NotFound when nothing was.
func (r *Rx) MessageByKey(id ngo.ConversationID, key string) (ngo.Message, error) {
	return get(r.conn, "message", "with this key", scanMessage, selectByKey, string(id), key)
}

const listReceiptsBy = `
select ` + receiptColumns + `
from receipt
where donation_id in (
    select d.id
    from donation d
    where d.person_id in (select p.id from person p where p.id = $1 or p.root = $1)
  )
order by id desc
limit $2`

// ReceiptsBy gives the newest receipts of a person and of those who were joined to them.
func (r *Rx) ReceiptsBy(id ngo.PersonID, limit int) ([]ngo.Receipt, error) {
	return all(r.conn, "receipts of a person", scanReceipt, listReceiptsBy, string(id), limit)
}
