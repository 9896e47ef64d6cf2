package store

import (
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Blob is the record of a sealed file.
type Blob struct {
	ID      ngo.BlobID
	Size    int64
	SHA     [32]byte
	Key     []byte // as it was given: sealed
	Created time.Time
}

const insertBlob = `
insert into blob (id, size, sha, key, created)
values ($1, $2, $3, $4, $5)`

// AddBlob records a file that is durable already.
func (t *Tx) AddBlob(id ngo.BlobID, size int64, sha [32]byte, key []byte) error {
	if key == nil {
		key = []byte{}
	}
	if _, err := t.exec("add blob", insertBlob, string(id), size, sha[:], key, t.stamp()); err != nil {
		return err
	}
	t.changed("blob", string(id))
	return nil
}

const selectBlob = `
select id, size, sha, key, created
from blob
where id = $1`

func scanBlob(s scanner) (Blob, error) {
	var b Blob
	var sha []byte
	err := s.Scan(&b.ID, &b.Size, &sha, &b.Key, at(&b.Created))
	copy(b.SHA[:], sha)
	return b, err
}

// Blob gives the record of a file.
func (r *Rx) Blob(id ngo.BlobID) (Blob, error) {
	return get(r.conn, "file", string(id), scanBlob, selectBlob, string(id))
}

const blobsKnown = `
select id
from blob
where id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`

// BlobsKnown tells which of these files have a record; the others are orphans. A record is written with the row that
// needs the file, and goes with it.
func (r *Rx) BlobsKnown(ids []ngo.BlobID) (map[ngo.BlobID]bool, error) {
	const atOnce = 16
	known := map[ngo.BlobID]bool{}
	for start := 0; start < len(ids); start += atOnce {
		args := make([]any, atOnce)
		for i := range args {
			args[i] = string(ids[min(start+i, len(ids)-1)]) // the last one again fills the rest
		}
		found, err := all(r.conn, "files", scanOne[ngo.BlobID], blobsKnown, args...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			known[id] = true
		}
	}
	return known, nil
}
