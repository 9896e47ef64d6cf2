// Package seal encrypts what must not lie readable in a database or a file. One master key makes, by HKDF, the keys of
// each organisation; one organisation's keys say nothing about another's. A sealed value is bound to its organisation,
// table, column and row, so that it cannot be moved to another place and still open. A Ring and a Box are safe for
// concurrent use and never change after they are made. The package writes no file but the master key.
package seal

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Overhead is how many bytes a sealed value is longer than the plain one.
const Overhead = 1 + chacha20poly1305.NonceSizeX + chacha20poly1305.Overhead

// version is the first byte of every sealed value: XChaCha20-Poly1305 under the organisation's first key.
const version = 1

// Ring holds the master key.
type Ring struct {
	master [32]byte
}

// NewRing makes a ring from a master key.
func NewRing(master [32]byte) *Ring { return &Ring{master: master} }

// Org gives the box of the organisation with this id. The appliance's own database uses the id "appliance".
func (r *Ring) Org(id string) *Box {
	aead, err := chacha20poly1305.NewX(r.derive(id, "seal"))
	if err != nil {
		panic(err) // the key has the right length; nothing else can fail
	}
	key := r.derive(id, "digest")
	return &Box{org: id, aead: aead, digests: sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// derive makes one key. The purpose stands before the id, which is the only part that varies in length.
func (r *Ring) derive(id, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, r.master[:], nil, "ngoctl/1/"+purpose+"/"+id, chacha20poly1305.KeySize)
	if err != nil {
		panic(err) // only a key longer than 255 hashes fails
	}
	return key
}

// Box seals and opens the values of one organisation.
type Box struct {
	org     string
	aead    cipher.AEAD
	digests sync.Pool // of hashes under the digest key: to begin one anew costs a third of making it
}

// Seal encrypts plain for one place. Two seals of the same value differ.
func (b *Box) Seal(plain []byte, table, column, row string) []byte {
	out := make([]byte, 1+chacha20poly1305.NonceSizeX, len(plain)+Overhead)
	out[0] = version
	rand.Read(out[1:]) // never fails: crypto/rand aborts the program instead
	return b.aead.Seal(out, out[1:], plain, b.place(table, column, row))
}

// Open decrypts what Seal made for the same place. It fails with Internal when the value was changed, moved, cut, or
// sealed under another master key.
func (b *Box) Open(sealed []byte, table, column, row string) ([]byte, error) {
	if len(sealed) < Overhead || sealed[0] != version {
		return nil, b.refuse(table, column, row, nil)
	}
	nonce, text := sealed[1:1+chacha20poly1305.NonceSizeX], sealed[1+chacha20poly1305.NonceSizeX:]
	plain, err := b.aead.Open(nil, nonce, text, b.place(table, column, row))
	if err != nil {
		return nil, b.refuse(table, column, row, err)
	}
	return plain, nil
}

// Digest gives a keyed digest of value, by which a sealed value can be looked up. The same value of another class, or
// of another organisation, has another digest.
func (b *Box) Digest(class string, value []byte) [32]byte {
	mac := b.digests.Get().(hash.Hash)
	defer b.digests.Put(mac)
	mac.Reset()
	mac.Write(appendPart(make([]byte, 0, 64), class))
	mac.Write(value)
	var sum [32]byte
	mac.Sum(sum[:0])
	return sum
}

// place is the data that a value is bound to; every part is preceded by its length, so no two places look alike.
func (b *Box) place(table, column, row string) []byte {
	out := make([]byte, 0, 1+16+len(b.org)+len(table)+len(column)+len(row))
	out = append(out, version)
	for _, part := range [...]string{b.org, table, column, row} {
		out = appendPart(out, part)
	}
	return out
}

func appendPart(out []byte, part string) []byte {
	return append(binary.BigEndian.AppendUint32(out, uint32(len(part))), part...)
}

func (b *Box) refuse(table, column, row string, err error) error {
	return &ngo.Error{
		Code:    ngo.Internal,
		Message: fmt.Sprintf("the sealed %s of %s %s does not open", column, table, row),
		Hint:    "the master key is not the one it was sealed with, or the file was changed: restore keys/master.key from a backup, then run ngoctl audit verify",
		Err:     err,
	}
}
