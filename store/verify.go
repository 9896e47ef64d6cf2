package store

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// verifier walks a trail line by line.
type verifier struct {
	box    *seal.Box
	head   auditHead // where the chain should end
	forged bool      // the head does not bear our seal, so what it says counts for nothing
	longer bool      // there are lines behind the head
	at     auditHead // how far the chain was followed
	ended  bool
	report AuditReport
}

func (v *verifier) done() bool { return v.ended || !v.report.Whole() }

// begin reads where the chain should end. Head and tail come from one snapshot, in which they must agree. That they do
// not is told last: a touched line before the end says more.
func (v *verifier) begin(c Conn) error {
	head, mark, err := readHead(c)
	if err != nil {
		return err
	}
	var first, tail int64
	if err := errors.Join(c.QueryRow(selectAuditFirst).Scan(&first), c.QueryRow(selectAuditTail).Scan(&tail)); err != nil {
		return err
	}
	v.head, v.report = head, AuditReport{Entries: head.entries, Head: hex.EncodeToString(head.hash[:])}
	switch {
	case first < 1:
		v.broken(1, nil, "a line was added before it")
	case head.entries == 0 && tail == 0:
		v.broken(1, nil, "the trail is empty, though every database begins with a line")
	case !bytes.Equal(mark, head.seal(v.box)):
		v.forged, v.head.entries = true, math.MaxInt64
	default:
		v.longer = tail > head.entries
	}
	return nil
}

// storedLine is a line as it lies in the file, whatever was done to it.
type storedLine struct {
	auditLine
	seq  int64
	hash []byte
}

func scanStored(s scanner) (l storedLine, err error) {
	err = s.Scan(&l.seq, &l.at, &l.actor, &l.action, &l.subject, &l.before, &l.after, &l.hash)
	return l, err
}

func (l *storedLine) entry() *ngo.AuditEntry {
	when, _ := time.Parse(ngo.TimeLayout, l.at) // a touched time is shown as the zero time
	return &ngo.AuditEntry{Seq: l.seq, At: when, Actor: l.actor, Action: l.action, Subject: l.subject,
		Before: l.before, After: l.after, Hash: hex.EncodeToString(l.hash)}
}

const auditPageSize = 2000

const walkAudit = `
select ` + auditColumns + `
from audit
where seq > $1 and seq <= $2
order by seq
limit $3`

// step follows the chain for one page.
func (v *verifier) step(c Conn) error {
	lines, err := all(c, "audit trail", scanStored, walkAudit, v.at.entries, v.head.entries, auditPageSize)
	if err != nil {
		return err
	}
	for i := range lines {
		if v.follow(&lines[i]); v.done() {
			return nil
		}
	}
	if len(lines) < auditPageSize {
		v.end()
	}
	return nil
}

func (v *verifier) follow(l *storedLine) {
	want := v.at.entries + 1
	if l.seq != want {
		v.broken(want, nil, "it is missing")
		return
	}
	hash := l.auditLine.hash(v.at.hash, l.seq)
	if !bytes.Equal(hash[:], l.hash) {
		v.broken(l.seq, l.entry(), "it does not follow from the line before it")
		return
	}
	v.at = auditHead{entries: l.seq, hash: hash}
}

// end compares where the chain ended with where it should.
func (v *verifier) end() {
	v.ended = true
	switch {
	case v.forged:
		v.broken(v.at.entries+1, nil, "the record of where the trail ends was changed")
	case v.at.entries < v.head.entries:
		v.broken(v.at.entries+1, nil, fmt.Sprintf("it is missing, as are all up to %d", v.head.entries))
	case v.at.hash != v.head.hash:
		v.broken(v.at.entries, nil, "the last line is not the one that was written")
	case v.longer:
		v.broken(v.at.entries+1, nil, "it was added behind the end of the trail")
	}
}

func (v *verifier) broken(seq int64, e *ngo.AuditEntry, reason string) {
	v.report.Seq, v.report.Broken, v.report.Reason = seq, e, reason
}
