package store

import (
	"encoding/json"
	"slices"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// listCards has the visiting cards that people sent, the latest first, and of each no more than can be looked at.
var listCards = `
select m.person_id, m.more
from message m
where m.person_id in (` + someKeys + `) and m.what = 'cards' and m.direction = 'in'
order by m.id desc
limit 100`

type cardRow struct {
	person ngo.PersonID
	more   string
}

func scanCard(s scanner) (c cardRow, err error) { return c, s.Scan(&c.person, &c.more) }

// addOwnCards adds the numbers that people gave as their own. Anybody can say so: nobody is joined by it.
func (r *Rx) addOwnCards(people []ngo.Person, of map[ngo.PersonID]*portrait) error {
	roots := map[ngo.PersonID]ngo.PersonID{}
	var ids []ngo.PersonID
	for _, p := range people {
		roots[p.ID], ids = p.Root, append(ids, p.ID)
	}
	for some := range slices.Chunk(ids, atOnce) {
		rows, err := all(r.conn, "visiting cards", scanCard, listCards, keysFor(some)...)
		if err != nil {
			return err
		}
		for _, row := range rows {
			of[roots[row.person]].gives(row.more)
		}
	}
	return nil
}

// gives takes the numbers of a card that is its sender's own.
func (p *portrait) gives(more string) {
	var carries ngo.Extra
	if json.Unmarshal([]byte(more), &carries) != nil {
		return // it is shown, and says nothing here
	}
	for _, c := range carries.Cards {
		for _, phone := range c.Phones {
			number, err := ngo.NormalisePhone(phone)
			if i := (ngo.Identity{Kind: ngo.Phone, Value: number}); c.Own && err == nil && !slices.Contains(p.gave, i) {
				p.gave = append(p.gave, i)
			}
		}
	}
}
