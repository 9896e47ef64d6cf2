package blob

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"io"

	"golang.org/x/crypto/chacha20poly1305"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// How a file lies sealed: the version, what is random of its nonces, then the content in segments, each sealed by itself (the
// STREAM construction). The nonce of a segment ends in its number and in whether it is the last, so that none can be left out,
// repeated, moved or cut off unseen; all are bound to the file's name.
const (
	inOnePiece = 1 // the version before: the whole content under one nonce
	inSegments = 2

	segment    = 64 << 10
	prefixSize = chacha20poly1305.NonceSizeX - 5
	headSize   = 1 + prefixSize
)

var errCut = errors.New("the sealed file is cut short or of an unknown version")

// sealer is one file's key at work.
type sealer struct {
	aead  cipher.AEAD
	bound []byte
	nonce [chacha20poly1305.NonceSizeX]byte
	count uint32
}

func newSealer(key []byte, id ngo.BlobID) (sealer, error) {
	aead, err := chacha20poly1305.NewX(key)
	return sealer{aead: aead, bound: []byte(id)}, err
}

// next gives the nonce of the next segment. More than 2^32 segments cannot be: that would be 256 TB.
func (s *sealer) next(last bool) []byte {
	binary.BigEndian.PutUint32(s.nonce[prefixSize:], s.count)
	s.count++
	s.nonce[len(s.nonce)-1] = 0
	if last {
		s.nonce[len(s.nonce)-1] = 1
	}
	return s.nonce[:]
}

// encrypter seals what is written to it. Close seals what is left.
type encrypter struct {
	sealer
	to   io.Writer
	wait []byte // not sealed yet: whether it is the last segment is known when more comes, or none
	out  []byte
}

func newEncrypter(key []byte, id ngo.BlobID, to io.Writer) (*encrypter, error) {
	s, err := newSealer(key, id)
	if err != nil {
		return nil, err
	}
	rand.Read(s.nonce[:prefixSize]) // never fails: crypto/rand aborts the program instead
	_, err = to.Write(append([]byte{inSegments}, s.nonce[:prefixSize]...))
	return &encrypter{sealer: s, to: to}, err
}

func (e *encrypter) Write(b []byte) (int, error) {
	n := len(b)
	for len(b) > 0 {
		if len(e.wait) == segment {
			if err := e.seal(false); err != nil {
				return 0, err
			}
		}
		if e.wait == nil {
			e.wait = make([]byte, 0, min(segment, max(len(b), 4<<10)))
		}
		part := b[:min(len(b), segment-len(e.wait))]
		e.wait, b = append(e.wait, part...), b[len(part):]
	}
	return n, nil
}

func (e *encrypter) Close() error { return e.seal(true) }

func (e *encrypter) seal(last bool) error {
	e.out = e.aead.Seal(e.out[:0], e.next(last), e.wait, e.bound)
	e.wait = e.wait[:0]
	_, err := e.to.Write(e.out)
	return err
}

// decrypter opens what was sealed in segments. It gives nothing of a segment before all of it was found right.
type decrypter struct {
	sealer
	from   io.Reader
	sealed []byte // one segment, and the first byte of the next
	have   int
	opened []byte // the memory of plain
	plain  []byte
	done   bool
}

func newDecrypter(key []byte, id ngo.BlobID, from io.Reader) (io.Reader, error) {
	s, err := newSealer(key, id)
	if err != nil {
		return nil, err
	}
	var head [headSize]byte
	if _, err := io.ReadFull(from, head[:1]); err != nil {
		return nil, ended(err)
	}
	switch head[0] {
	case inOnePiece:
		return openPiece(s, from)
	case inSegments:
	default:
		return nil, broken{errCut}
	}
	if _, err := io.ReadFull(from, head[1:]); err != nil {
		return nil, ended(err)
	}
	copy(s.nonce[:], head[1:])
	return &decrypter{sealer: s, from: from, sealed: make([]byte, segment+s.aead.Overhead()+1)}, nil
}

// openPiece opens a file of the version before, which has to be in memory as a whole.
func openPiece(s sealer, from io.Reader) (io.Reader, error) {
	if _, err := io.ReadFull(from, s.nonce[:]); err != nil {
		return nil, ended(err)
	}
	sealed, err := io.ReadAll(from)
	if err != nil {
		return nil, err
	}
	plain, err := s.aead.Open(sealed[:0], s.nonce[:], sealed, s.bound)
	if err != nil {
		return nil, broken{err}
	}
	return bytes.NewReader(plain), nil
}

func (d *decrypter) Read(b []byte) (int, error) {
	for len(d.plain) == 0 {
		if d.done {
			return 0, io.EOF
		}
		if err := d.open(); err != nil {
			return 0, err
		}
	}
	n := copy(b, d.plain)
	d.plain = d.plain[n:]
	return n, nil
}

// open opens the next segment. It is the last when nothing follows it.
func (d *decrypter) open() error {
	n, err := io.ReadFull(d.from, d.sealed[d.have:])
	d.have += n
	last := atEnd(err)
	if err != nil && !last {
		return err
	}
	size := d.have
	if !last {
		size--
	}
	plain, err := d.aead.Open(d.opened[:0], d.next(last), d.sealed[:size], d.bound)
	if err != nil {
		return broken{err}
	}
	d.plain, d.opened, d.done, d.have = plain, plain, last, 0
	if !last {
		d.sealed[0], d.have = d.sealed[size], 1
	}
	return nil
}

// broken marks an error that means that the file is not what was stored.
type broken struct{ error }

func (b broken) Unwrap() error { return b.error }

// ended is what an end means that comes too early.
func ended(err error) error {
	if atEnd(err) {
		return broken{errCut}
	}
	return err
}

// atEnd tells whether ReadFull came to the end of the file. A line that broke says the same further down in its error, and is not
// meant.
func atEnd(err error) bool { return err == io.EOF || err == io.ErrUnexpectedEOF } //nolint:errorlint // see above
