package store

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// trail notes what a closure does, for the flush before its commit and the feed after it.
type trail struct {
	w     WriteConn
	box   *seal.Box
	slug  string // "" for the appliance
	actor string
	now   time.Time

	writes int // statements that exec ran: what was learned before one of them may be so no more
}

func (t *trail) stamp() string { return ngo.Stamp(t.now) }

// exec runs a statement and tells how many rows it touched.
func (t *trail) exec(what, query string, args ...any) (int64, error) {
	t.writes++
	res, err := t.w.Exec(query, args...)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("%s: %w", what, err)
	}
	return n, nil
}

// must runs a statement that has to touch a row. It fails with NotFound when it touches none.
func (t *trail) must(kind, id, query string, args ...any) error {
	n, err := t.exec("write "+kind+" "+id, query, args...)
	if err == nil && n == 0 {
		return notFound(kind, id)
	}
	return err
}

func (t *trail) changed(kind, id string) { t.w.Note(Change{Org: t.slug, Kind: kind, ID: id}) }

// stirred notes a change that leaves alone what the search finds the row by.
func (t *trail) stirred(kind, id string) {
	t.w.Note(Change{Org: t.slug, Kind: kind, ID: id, sameWords: true})
}

// count adds n to a roll-up that has no money.
func (t *trail) count(kind, key string, n int64) {
	t.w.Note(delta{sumKey{kind, key, ""}, sum{count: n}})
}

// moved takes one from a state and gives it to another.
func (t *trail) moved(kind, from, to string) {
	t.count(kind, from, -1)
	t.count(kind, to, 1)
}

// audit notes a line of the trail.
func (t *trail) audit(action, subject string, before, after facts) {
	line := auditLine{at: t.stamp(), actor: t.actor, action: action, subject: subject}
	line.before = before.json(t.box, &line.salt)
	line.after = after.json(t.box, &line.salt)
	t.w.Note(line)
}

// fact is one field of what stood before or after; its value is a string, a number, a bool, bytes or personal.
type fact struct {
	key   string
	value any
}

type facts []fact

// personal is a value that the trail keeps as a salted digest only. The salt stands beside the line, outside its hash:
// once it is erased nobody can test a guess against the digest, and the chain still holds.
type personal string

const (
	saltSize   = 16
	digestSize = 16
)

// json writes the facts; it makes a salt at the first personal one that is not empty.
func (f facts) json(box *seal.Box, salt *[]byte) string {
	if f == nil {
		return ""
	}
	out := []byte{'{'}
	for _, one := range f {
		if one.value == personal("") {
			continue
		}
		if len(out) > 1 {
			out = append(out, ',')
		}
		out = append(appendText(out, one.key), ':')
		out = one.append(out, box, salt)
	}
	return string(append(out, '}'))
}

func (f fact) append(out []byte, box *seal.Box, salt *[]byte) []byte {
	switch v := f.value.(type) {
	case personal:
		if *salt == nil {
			*salt = make([]byte, saltSize)
			rand.Read(*salt)
		}
		sum := box.Digest("audit:"+f.key, append((*salt)[:saltSize:saltSize], v...))
		return appendText(out, "digest:"+hex.EncodeToString(sum[:digestSize]))
	case string:
		return appendText(out, v)
	case int64:
		return strconv.AppendInt(out, v, 10)
	case bool:
		return strconv.AppendBool(out, v)
	case []byte:
		return appendText(out, hex.EncodeToString(v))
	}
	panic(fmt.Sprintf("store: fact %s is a %T", f.key, f.value))
}

func appendText(out []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			quoted, _ := json.Marshal(s) // a string always has a JSON form
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), s...), '"')
}
