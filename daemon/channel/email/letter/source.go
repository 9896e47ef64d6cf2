package letter

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strings"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// source gives a mail line by line, and stops at the boundaries of the parts it is in.
type source struct {
	r      *bufio.Reader
	line   []byte // with its line break; a piece of it when it is very long
	start  bool   // line is the beginning of one
	again  bool   // next gives the same line once more
	err    error  // other than io.EOF
	hash   hash.Hash
	bounds []string
	hit    int  // the boundary which next stopped at; -1 at the end of the mail
	closed bool // that boundary is the last of its kind
}

const lineSize = 64 << 10

func newSource(r io.Reader, limit int64) *source {
	s := &source{r: bufio.NewReaderSize(&bounded{r: r, left: limit}, lineSize), start: true, hit: -1}
	first, err := s.r.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	if bytes.IndexByte(first, '\n') < 0 && bytes.IndexByte(first, '\r') >= 0 {
		s.r = bufio.NewReaderSize(returns{s.r}, lineSize)
	}
	return s
}

// bounded refuses to read more than it may.
type bounded struct {
	r    io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, &ngo.Error{Code: ngo.TooLarge, Message: "the mail is larger than what is read here"}
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// returns reads a mail whose lines end in a lone carriage return.
type returns struct{ r io.Reader }

func (c returns) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	for i, x := range p[:n] {
		if x == '\r' {
			p[i] = '\n'
		}
	}
	return n, err
}

// next goes to the next line, and tells whether there is one before the next boundary.
func (s *source) next() bool {
	if s.again {
		s.again = false
		return true
	}
	if s.err != nil {
		s.hit = -1
		return false
	}
	began := len(s.line) == 0 || s.line[len(s.line)-1] == '\n'
	line, err := s.r.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) && !errors.Is(err, io.EOF) {
		s.err = err
	}
	s.line, s.start = line, began
	if len(line) == 0 {
		s.hit = -1
		return false
	}
	if s.hash != nil {
		body := bytes.TrimRight(line, "\r\n")
		s.hash.Write(body)
		if len(body) < len(line) {
			s.hash.Write([]byte("\n"))
		}
	}
	return !began || !s.atBoundary()
}

func (s *source) atBoundary() bool {
	text, ok := bytes.CutPrefix(bytes.TrimRight(s.line, " \t\r\n"), []byte("--"))
	if !ok || len(s.bounds) == 0 {
		return false
	}
	for i := len(s.bounds) - 1; i >= 0; i-- {
		if string(text) == s.bounds[i] {
			s.hit, s.closed = i, false
			return true
		}
	}
	for i := len(s.bounds) - 1; i >= 0; i-- {
		if rest, ok := bytes.CutPrefix(text, []byte(s.bounds[i])); ok && bytes.HasPrefix(rest, []byte("--")) {
			s.hit, s.closed = i, true
			return true
		}
	}
	return false
}

// follows gives the beginning of the line after this one.
func (s *source) follows() []byte {
	next, err := s.r.Peek(512)
	if err != nil && len(next) == 0 {
		return nil
	}
	line, _, _ := bytes.Cut(next, []byte("\n"))
	return line
}

// skip goes to the next boundary.
func (s *source) skip() {
	for s.next() {
	}
}

// drain reads to the end of the mail, for its digest and for its size.
func (s *source) drain() error {
	s.bounds = nil
	s.skip()
	return s.err
}

func newDigest(h header) hash.Hash {
	d := sha256.New()
	for _, name := range []string{"message-id", "from", "date", "subject"} {
		d.Write([]byte(name + ":" + squeeze(strings.Join(h.all(name), ",")) + "\n"))
	}
	return d
}

func (s *source) digest() string { return hex.EncodeToString(s.hash.Sum(nil)) }

// body reads the bytes of a part up to the next boundary. The line break before it belongs to the boundary.
type body struct {
	s    *source
	buf  []byte
	rest []byte // of buf
	held []byte // a line break, until it is known what follows
	done bool
}

func (b *body) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.done {
			return 0, io.EOF
		}
		if !b.s.next() {
			if b.s.err != nil {
				return 0, b.s.err
			}
			b.done = true
			if b.s.hit < 0 {
				b.rest = b.held
			}
			continue
		}
		content := bytes.TrimSuffix(b.s.line, []byte("\n"))
		if len(content) < len(b.s.line) {
			content = bytes.TrimSuffix(content, []byte("\r"))
		}
		b.buf = append(append(b.buf[:0], b.held...), content...)
		b.held = append(b.held[:0], b.s.line[len(content):]...)
		b.rest = b.buf
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}
