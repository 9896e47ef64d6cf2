package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/seal"
)

// auditLine is a line of the trail on its way to the file.
type auditLine struct {
	at, actor, action, subject, before, after string
	salt                                      []byte // nil when nothing in the line is personal
}

// hash chains a line to the one before it. Every part is preceded by its length, so that no two lines hash alike; the
// salt is left out.
func (l *auditLine) hash(prev [32]byte, seq int64) [32]byte {
	buf := append(make([]byte, 0, 512), prev[:]...)
	buf = binary.BigEndian.AppendUint64(buf, uint64(seq))
	for _, part := range [...]string{l.at, l.actor, l.action, l.subject, l.before, l.after} {
		buf = append(binary.BigEndian.AppendUint32(buf, uint32(len(part))), part...)
	}
	return sha256.Sum256(buf)
}

// auditHead is where the chain ends. It is kept apart from the chain, under a keyed digest, so that cutting the last
// lines off does not go unseen.
type auditHead struct {
	entries int64
	hash    [32]byte
}

func (h auditHead) seal(box *seal.Box) []byte {
	sum := box.Digest("audit_head", append(binary.BigEndian.AppendUint64(nil, uint64(h.entries)), h.hash[:]...))
	return sum[:]
}

const selectHead = `
select entries, hash, seal
from audit_head
where id = 1`

// readHead gives the head and its seal; the zero head when the trail has not begun.
func readHead(c Conn) (h auditHead, mark []byte, err error) {
	var hash []byte
	err = c.QueryRow(selectHead).Scan(&h.entries, &hash, &mark)
	if errors.Is(err, sql.ErrNoRows) {
		return auditHead{}, nil, nil
	}
	if err == nil && len(hash) != len(h.hash) {
		err = fmt.Errorf("the head of the audit trail has %d bytes", len(hash))
	}
	copy(h.hash[:], hash)
	return h, mark, err
}

const writeHead = `
insert into audit_head (id, entries, hash, seal)
values (1, $1, $2, $3)
on conflict (id) do update
set entries = excluded.entries,
    hash = excluded.hash,
    seal = excluded.seal`

var addAudit = newMultiRow(9, "insert into audit (seq, at, actor, action, subject, before, after, salt, hash) values ", "")

// appendAudit chains lines to the trail.
func appendAudit(c WriteConn, box *seal.Box, lines []auditLine) error {
	if len(lines) == 0 {
		return nil
	}
	head, _, err := readHead(c)
	if err != nil {
		return err
	}
	for len(lines) > 0 {
		n, text := addAudit.fitting(len(lines))
		args := make([]any, 0, n*addAudit.columns)
		for _, l := range lines[:n] {
			head.entries++
			sum := l.hash(head.hash, head.entries) // a new one each: the arguments point to it until the insert
			head.hash = sum
			args = append(args, head.entries, l.at, l.actor, l.action, l.subject, l.before, l.after, bytesOrNull(l.salt), sum[:])
		}
		if _, err := c.Exec(text, args...); err != nil {
			return err
		}
		lines = lines[n:]
	}
	_, err = c.Exec(writeHead, head.entries, head.hash[:], head.seal(box))
	return err
}

const auditColumns = `seq, at, actor, action, subject, before, after, hash`

const listAudit = `
select ` + auditColumns + `
from audit
where seq < $1
order by seq desc
limit $2`

func scanAudit(s scanner) (ngo.AuditEntry, error) {
	var e ngo.AuditEntry
	var hash []byte
	err := s.Scan(&e.Seq, at(&e.At), &e.Actor, &e.Action, &e.Subject, &e.Before, &e.After, &hash)
	e.Hash = hex.EncodeToString(hash)
	return e, err
}

// Audit lists the organisation's trail, newest first; the key of a page is the number of its last line.
func (r *Rx) Audit(q ListQuery) (entries []ngo.AuditEntry, next string, err error) {
	return auditPage(r.conn, q)
}

func auditPage(c Conn, q ListQuery) ([]ngo.AuditEntry, string, error) {
	before := int64(math.MaxInt64)
	if q.After != "" {
		n, err := strconv.ParseInt(q.After, 10, 64)
		if err != nil {
			return nil, "", &ngo.Error{Code: ngo.Invalid, Message: "a page of the audit trail begins after a line number", Hint: "take it from the page before"}
		}
		before = n
	}
	key := func(e ngo.AuditEntry) string { return strconv.FormatInt(e.Seq, 10) }
	return page(c, "audit trail", q, scanAudit, key, listAudit, before)
}

// AuditReport is what a walk along the trail found.
type AuditReport struct {
	Entries int64           // how many lines there should be
	Head    string          // hash of the last one, to compare with a copy kept elsewhere
	Seq     int64           // the first line that was touched; 0 when the trail is whole
	Broken  *ngo.AuditEntry // that line as it stands now; nil when it is missing
	Reason  string          // what is wrong with it
}

// Whole tells whether no line was touched.
func (r AuditReport) Whole() bool { return r.Seq == 0 }

const (
	selectAuditFirst = `
select coalesce(min(seq), 1)
from audit`

	selectAuditTail = `
select coalesce(max(seq), 0)
from audit`
)

// verifyAudit walks the trail in pages, so that it never holds a snapshot for long. Lines written meanwhile are left
// for the next walk.
func verifyAudit(ctx context.Context, engine Engine, box *seal.Box) (AuditReport, error) {
	v := verifier{box: box}
	if err := engine.Read(ctx, v.begin); err != nil {
		return AuditReport{}, fmt.Errorf("read the head of the audit trail: %w", err)
	}
	for !v.done() {
		if err := engine.Read(ctx, v.step); err != nil {
			return AuditReport{}, fmt.Errorf("walk the audit trail: %w", err)
		}
	}
	return v.report, nil
}
