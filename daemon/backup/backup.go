// Package backup copies a whole data folder into one sealed file while the daemon works, and puts such a file back.
//
// A backup is age( zstd( tar )). The tar holds a consistent snapshot of every database, then the files beside them, and
// ends with manifest.json, which names each file with its size and SHA-256: a file cut short anywhere is not a backup.
// What is kept in a bucket of an S3 server is not in a backup; the manifest names the bucket, and the keys are in the databases.
//
// Databases are copied before blobs, and a blob is on disk before its row is committed, so that every row of a snapshot
// finds its blob, unless that was erased while the backup was written.
//
// Restore writes beside the target, checks every digest and every audit chain, and only then renames: it never touches
// a folder that holds something.
package backup

import (
	"fmt"
	"strings"

	"filippo.io/age"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// format is the version of the layout; a reader refuses a newer one.
const format = 1

// scryptLogN makes stretching a passphrase cost 64 MB and about a fifth of a second; age's own 256 MB would be most of a
// small server's memory.
const scryptLogN = 16

const manifestName = "manifest.json"

// Manifest is the last entry of a backup.
type Manifest struct {
	Format  int    `json:"format"`
	Created string `json:"created_at"` // RFC 3339, UTC
	Files   []File `json:"files"`
	Bucket  string `json:"bucket,omitempty"` // where sealed files were kept that are not in here
}

// File is one file of a backup.
type File struct {
	Path   string `json:"path"` // relative to the data folder, with slashes
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"` // hex
}

// Progress is called now and then with the bytes read so far and the bytes expected in all; both are before compression.
type Progress func(done, total int64)

// Recipients reads age recipients (age1…), one each, or makes one from a passphrase when that is not empty. It fails
// with Invalid.
func Recipients(keys []string, passphrase string) ([]age.Recipient, error) {
	if passphrase != "" && len(keys) > 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "a backup is sealed for keys or with a passphrase, not both", Hint: "leave one of them out"}
	}
	if passphrase != "" {
		r, err := age.NewScryptRecipient(passphrase)
		if err != nil {
			return nil, fmt.Errorf("take passphrase: %w", err)
		}
		r.SetWorkFactor(scryptLogN)
		return []age.Recipient{r}, nil
	}
	if len(keys) == 0 {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "nobody could open this backup: it has no key and no passphrase",
			Hint: "give --passphrase-file FILE, or --recipient age1… (made by age-keygen)"}
	}
	var out []age.Recipient
	for _, k := range keys {
		r, err := age.ParseX25519Recipient(strings.TrimSpace(k))
		if err != nil {
			return nil, &ngo.Error{Code: ngo.Invalid, Message: fmt.Sprintf("%q is not an age recipient", ngo.Printable(k)),
				Hint: "a recipient starts with age1; age-keygen prints it as the public key", Err: err}
		}
		out = append(out, r)
	}
	return out, nil
}

// Identities reads the keys that open a backup: an age identity file's text, or a passphrase when that is not empty. It
// fails with Invalid.
func Identities(keyFile, passphrase string) ([]age.Identity, error) {
	if passphrase != "" {
		id, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			return nil, fmt.Errorf("take passphrase: %w", err)
		}
		return []age.Identity{id}, nil
	}
	ids, err := age.ParseIdentities(strings.NewReader(keyFile))
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the key file holds no age identity",
			Hint: "its line starts with AGE-SECRET-KEY-1; without a key file give --passphrase-file", Err: err}
	}
	return ids, nil
}
