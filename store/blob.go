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

const blobInUse = `
select b.id
from blob b
where b.id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
  and (exists (select 1 from receipt r where r.document_id = b.id)
    or exists (select 1 from delivery d where d.blob_id = b.id))`

// BlobsInUse tells which of these files a row still needs; the others are orphans.
func (r *Rx) BlobsInUse(ids []ngo.BlobID) (map[ngo.BlobID]bool, error) {
	const atOnce = 16
	used := map[ngo.BlobID]bool{}
	for start := 0; start < len(ids); start += atOnce {
		args := make([]any, atOnce)
		for i := range args {
			args[i] = string(ids[min(start+i, len(ids)-1)]) // the last one again fills the rest
		}
		found, err := all(r.conn, "files", scanOne[ngo.BlobID], blobInUse, args...)
		if err != nil {
			return nil, err
		}
		for _, id := range found {
			used[id] = true
		}
	}
	return used, nil
}
