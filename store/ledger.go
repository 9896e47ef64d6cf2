package store

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/ngoctl/ngoctl/store/seal"
)

// ledger writes, once per commit, what the closures of the batch noted: their lines of the trail, chained, and the sum
// of what they did to the roll-ups, and notes what is to be searched anew. A gift would else pay for a dozen statements of its own.
type ledger struct{ box *seal.Box }

// flush is the engine's hook. It depends on the notes alone, so that it can run again with fewer of them.
func (l *ledger) flush(c WriteConn, notes []any) error {
	var lines []auditLine
	sums := map[sumKey]sum{}
	for _, n := range notes {
		switch n := n.(type) {
		case auditLine:
			lines = append(lines, n)
		case delta:
			sums[n.key] = sums[n.key].add(n.sum)
		}
	}
	if err := appendAudit(c, l.box, lines); err != nil {
		return fmt.Errorf("write audit trail: %w", err)
	}
	if err := writeSums(c, sums); err != nil {
		return fmt.Errorf("write roll-ups: %w", err)
	}
	if err := noteStale(c, staleAfter(notes)); err != nil {
		return fmt.Errorf("note what is to be searched: %w", err)
	}
	return nil
}

type sumKey struct{ kind, key, currency string }

type sum struct{ count, minor int64 }

func (s sum) add(o sum) sum { return sum{s.count + o.count, s.minor + o.minor} }

// delta is what one closure adds to one roll-up.
type delta struct {
	key sumKey
	sum sum
}

func writeSums(c WriteConn, sums map[sumKey]sum) error {
	maps.DeleteFunc(sums, func(_ sumKey, s sum) bool { return s == sum{} })
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b sumKey) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.key, b.key), cmp.Compare(a.currency, b.currency))
	})
	for len(keys) > 0 {
		n, text := addSums.fitting(len(keys))
		args := make([]any, 0, n*addSums.columns)
		for _, k := range keys[:n] {
			args = append(args, k.kind, k.key, k.currency, sums[k].count, sums[k].minor)
		}
		if _, err := c.Exec(text, args...); err != nil {
			return err
		}
		keys = keys[n:]
	}
	return nil
}

var addSums = newMultiRow(5, "insert into rollup (kind, key, currency, count, minor) values ",
	` on conflict (kind, key, currency) do update
set count = rollup.count + excluded.count,
    minor = rollup.minor + excluded.minor`)

// multiRow is an insert of many rows, in sizes that are powers of two: any number of rows takes a few statements, and
// there are few texts to keep prepared.
type multiRow struct {
	columns int
	texts   []string // texts[i] inserts 1<<i rows
}

// mostRows is small because the driver looks up the name of each parameter, $1 and on, by walking a list of all of them.
const mostRows = 16

func newMultiRow(columns int, head, tail string) multiRow {
	m := multiRow{columns: columns}
	for n := 1; n <= mostRows; n *= 2 {
		m.texts = append(m.texts, head+placeholders(n, columns)+tail)
	}
	return m
}

// fitting gives the largest size that is at most want, and its text.
func (m multiRow) fitting(want int) (int, string) {
	size, text := 1, m.texts[0]
	for i, t := range m.texts {
		if 1<<i <= want {
			size, text = 1<<i, t
		}
	}
	return size, text
}

// placeholders gives ($1, $2), ($3, $4) for two rows of two.
func placeholders(rows, columns int) string {
	var b strings.Builder
	for i := range rows * columns {
		switch {
		case i == 0:
			b.WriteString("(")
		case i%columns == 0:
			b.WriteString("), (")
		default:
			b.WriteString(", ")
		}
		b.WriteString("$" + strconv.Itoa(i+1))
	}
	return b.String() + ")"
}
