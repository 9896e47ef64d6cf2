package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// SeriesReport explains the numbers of one series. Without findings each from First to Last is on one receipt, and each
// receipt that was replaced has one in its place.
type SeriesReport struct {
	Series                 string
	First, Last            int64 // the first number that is on a receipt, and the last that was given
	Issued, Void, Replaced int64
	Ended                  []ngo.EndedNumber // each number that stands no more, and why
	Findings               []string          // in plain words
}

const (
	listSeries = `
select name, last
from series
order by name`

	countSeries = `
select series, state, count(*), min(serial), max(serial)
from receipt
group by series, state
order by series, state`

	// listJumps gives the receipts whose serial does not follow that of the one before it.
	listJumps = `
select series, serial, earlier, number
from (
  select series, serial, number, lag(serial, 1, 0) over (partition by series order by serial, id) as earlier
  from receipt
) as numbered
where serial <> earlier + 1
order by series, serial`

	// listUnreplaced gives receipts that were replaced by none.
	listUnreplaced = `
select r.series, r.number
from receipt r
where r.state = 'replaced'
  and not exists (select 1 from receipt n where n.replaces = r.id)
order by r.series, r.serial`

	listEnded = `
select r.series, r.number, r.state, r.ended, r.reason, coalesce(n.number, '')
from receipt r
left join receipt n on n.replaces = r.id
where r.state <> 'issued'
order by r.series, r.serial`

	// listMisnamed gives receipts whose number is not that of their series: six digits, or more where they do not do.
	listMisnamed = `
select series, number
from receipt
where number <> series || '/'
  || case when serial < 100000 then substr('00000', 1, 6 - length(cast(serial as text))) else '' end
  || cast(serial as text)
order by series, serial`
)

type (
	seriesCount struct {
		name               string
		state              ngo.ReceiptState
		n, lowest, highest int64
	}
	seriesJump struct {
		name            string
		serial, earlier int64
		number          string
	}
	seriesPaper struct{ name, number string }
	seriesEnd   struct {
		name string
		ngo.EndedNumber
	}
)

func scanSeries(s scanner) (r SeriesReport, err error) { return r, s.Scan(&r.Series, &r.Last) }

func scanCount(s scanner) (c seriesCount, err error) {
	return c, s.Scan(&c.name, &c.state, &c.n, &c.lowest, &c.highest)
}

func scanJump(s scanner) (j seriesJump, err error) {
	return j, s.Scan(&j.name, &j.serial, &j.earlier, &j.number)
}

func scanPaper(s scanner) (p seriesPaper, err error) { return p, s.Scan(&p.name, &p.number) }

func scanEnd(s scanner) (e seriesEnd, err error) {
	return e, s.Scan(&e.name, &e.Number, &e.State, at(&e.Ended), &e.Reason, &e.By)
}

// Gaps explains every number of every series, by name of the series. What is missing, there twice, or was given and is on no
// receipt is a finding.
func (r *Rx) Gaps() ([]SeriesReport, error) {
	series, err := all(r.conn, "series", scanSeries, listSeries)
	counts, err2 := all(r.conn, "numbers", scanCount, countSeries)
	jumps, err3 := all(r.conn, "gaps", scanJump, listJumps)
	alone, err4 := all(r.conn, "replaced receipts", scanPaper, listUnreplaced)
	misnamed, err5 := all(r.conn, "misnamed receipts", scanPaper, listMisnamed)
	ended, err6 := all(r.conn, "ended receipts", scanEnd, listEnded)
	if err := errors.Join(err, err2, err3, err4, err5, err6); err != nil {
		return nil, err
	}
	b := gapBook{}
	for _, s := range series {
		b.page(s.Series).Last = s.Last
	}
	highest := b.count(counts)
	for _, j := range jumps {
		b.note(j.name, j.text())
	}
	for name, p := range b {
		p.tail(highest[name])
	}
	for _, e := range ended {
		b.page(e.name).Ended = append(b.page(e.name).Ended, e.EndedNumber)
	}
	for _, p := range alone {
		b.note(p.name, p.number+" was replaced, and no receipt stands in its place")
	}
	for _, p := range misnamed {
		b.note(p.name, "receipt "+p.number+" has another number than its place in the series")
	}
	return b.reports(), nil
}

// gapBook gathers the reports by series.
type gapBook map[string]*SeriesReport

func (b gapBook) page(name string) *SeriesReport {
	if b[name] == nil {
		b[name] = &SeriesReport{Series: name, Ended: []ngo.EndedNumber{}, Findings: []string{}}
	}
	return b[name]
}

func (b gapBook) note(name, text string) {
	p := b.page(name)
	p.Findings = append(p.Findings, text)
}

// count fills in the counts, and gives the highest serial of each series that is on a receipt.
func (b gapBook) count(counts []seriesCount) map[string]int64 {
	highest := map[string]int64{}
	for _, c := range counts {
		p := b.page(c.name)
		switch c.state {
		case ngo.ReceiptIssued:
			p.Issued = c.n
		case ngo.ReceiptVoid:
			p.Void = c.n
		case ngo.ReceiptReplaced:
			p.Replaced = c.n
		}
		if p.First == 0 || c.lowest < p.First {
			p.First = c.lowest
		}
		highest[c.name] = max(highest[c.name], c.highest)
	}
	return highest
}

// tail compares the last number that was given with the highest that is on a receipt.
func (s *SeriesReport) tail(highest int64) {
	switch {
	case highest < s.Last:
		s.Findings = append(s.Findings, span(highest+1, s.Last)+" given, and on no receipt")
	case highest > s.Last:
		s.Findings = append(s.Findings, fmt.Sprintf("number %06d is on a receipt, and only %d were given", highest, s.Last))
	}
}

func (j seriesJump) text() string {
	if j.serial == j.earlier {
		return fmt.Sprintf("number %06d is on two receipts", j.serial)
	}
	return span(j.earlier+1, j.serial-1) + " missing"
}

func span(from, to int64) string {
	if from == to {
		return fmt.Sprintf("number %06d is", from)
	}
	return fmt.Sprintf("numbers %06d to %06d are", from, to)
}

func (b gapBook) reports() []SeriesReport {
	out := make([]SeriesReport, 0, len(b))
	for _, p := range b {
		out = append(out, *p)
	}
	slices.SortFunc(out, func(x, y SeriesReport) int { return cmp.Compare(x.Series, y.Series) })
	return out
}

// ReceiptByCode gives the receipt that a code proves, as it is printed on the paper, spaced or not. It fails with NotFound for
// any other, without telling why.
func (r *Rx) ReceiptByCode(code string) (ngo.Receipt, error) {
	code = strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
	id, err := ngo.ParseID[ngo.ReceiptID](receiptPrefix + code)
	if err != nil {
		return ngo.Receipt{}, notFound("receipt", "with this code")
	}
	found, err := r.Receipt(id)
	if ngo.CodeOf(err) == ngo.NotFound {
		return found, notFound("receipt", "with this code")
	}
	return found, err
}

// receiptPrefix is what stands before the code in the id of a receipt.
const receiptPrefix = "rcp_"
