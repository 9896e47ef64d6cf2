package store

import (
	"fmt"
	"slices"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// slipWithin is how soon after a gift an equal one of the same person is likely a slip.
const slipWithin = 10 * time.Minute

// selectNeighbours gives the gifts of one person and amount whose payments come shortly before or after one, in order, and
// tells which come before. A gift is a likely slip of the one right before it: so whichever of the two is recorded first, the
// later carries the mark.
const selectNeighbours = `
select d.id, p.created < $5 or p.created = $5 and p.ref < $6
from donation d
join payment p on p.id = d.payment_id
where d.person_id = $1 and d.amount = $2 and d.currency = $3 and d.id <> $4
  and p.created >= $7 and p.created <= $8 and (p.created <> $5 or p.ref <> $6)
order by p.created, p.ref`

type neighbour struct {
	id     ngo.DonationID
	before bool
}

func scanNeighbour(s scanner) (n neighbour, err error) { return n, s.Scan(&n.id, &n.before) }

// markSlip marks a gift that is likely a slip, and gives the gift right after it, which is likely a slip of this one.
func (t *Tx) markSlip(g *gift) (next ngo.DonationID, err error) {
	if g.Person == "" {
		return "", nil
	}
	p := g.payment
	near, err := all(t.w, "equal gifts", scanNeighbour, selectNeighbours, string(g.Person), g.Amount.Minor, string(g.Amount.Currency), string(g.ID),
		ngo.Stamp(p.Created), string(p.Ref), ngo.Stamp(p.Created.Add(-slipWithin)), ngo.Stamp(p.Created.Add(slipWithin)))
	for _, n := range near {
		switch {
		case !n.before && next == "":
			next = n.id
		case n.before && !slices.Contains(g.Released, codeSlip):
			g.Slip = n.id // the last of those before stays
		}
	}
	return next, err
}

// markNext marks a gift as a likely slip of one that was recorded after it, unless a person has looked at it.
func (t *Tx) markNext(next, of ngo.DonationID) error {
	if next == "" {
		return nil
	}
	g, err := t.gift(next)
	if err != nil {
		return fmt.Errorf("mark slip: %w", err)
	}
	if slices.Contains(g.Released, codeSlip) {
		return nil
	}
	now := g
	now.Slip = of
	_, _, err = t.keep(g, now, 0)
	return err
}
