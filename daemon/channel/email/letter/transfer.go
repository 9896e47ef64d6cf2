package letter

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// transferred undoes a transfer encoding. An encoding that nobody knows is none.
func transferred(encoding string, r io.Reader) (decoded io.Reader, known bool) {
	encoding, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(encoding)), ";")
	switch strings.Trim(encoding, ` "'`) {
	case "base64":
		return &base64Reader{r: r}, true
	case "quoted-printable":
		return &quotedReader{r: bufio.NewReaderSize(r, lineSize)}, true
	case "", "7bit", "8bit", "binary", "7-bit", "8-bit", "none":
		return r, true
	}
	return r, false
}

// notBase64 tells whether text that is labelled as base64 was never encoded.
func notBase64(b []byte) bool {
	odd := 0
	for _, c := range b {
		if sextet(c) < 0 && c != '\r' && c != '\n' && c != '=' {
			odd++
		}
	}
	return odd > len(b)/20+2
}

// bits are what is left of a base64 letter between two calls.
type bits struct {
	value uint32
	n     int
}

func sextet(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return -1
}

// unbase64 appends what src says to dst. What does not belong there is passed over; after padding a new run begins.
func unbase64(dst, src []byte, b *bits) []byte {
	for _, c := range src {
		if c == '=' {
			*b = bits{}
			continue
		}
		v := sextet(c)
		if v < 0 {
			continue
		}
		b.value, b.n = b.value<<6|uint32(v), b.n+6
		if b.n >= 8 {
			b.n -= 8
			dst = append(dst, byte(b.value>>b.n))
		}
	}
	return dst
}

type base64Reader struct {
	r    io.Reader
	bits bits
	buf  [4096]byte
	out  []byte
	rest []byte
	err  error
}

func (b *base64Reader) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.err != nil {
			return 0, b.err
		}
		var n int
		n, b.err = b.r.Read(b.buf[:])
		b.out = unbase64(b.out[:0], b.buf[:n], &b.bits)
		b.rest = b.out
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// unquote decodes quoted-printable within a line. What is not =XX stays.
func unquote(line []byte) []byte {
	out := make([]byte, 0, len(line))
	for i := 0; i < len(line); i++ {
		if line[i] == '=' && i+2 < len(line) {
			if n, err := strconv.ParseUint(string(line[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(n))
				i += 2
				continue
			}
		}
		out = append(out, line[i])
	}
	return out
}

type quotedReader struct {
	r    *bufio.Reader
	rest []byte
	err  error
}

func (q *quotedReader) Read(p []byte) (int, error) {
	for len(q.rest) == 0 {
		if q.err != nil {
			return 0, q.err
		}
		var line []byte
		line, q.err = q.r.ReadSlice('\n')
		if errors.Is(q.err, bufio.ErrBufferFull) {
			line, q.err = q.whole(bytes.Clone(line))
		}
		q.rest = q.decoded(line)
	}
	n := copy(p, q.rest)
	q.rest = q.rest[n:]
	return n, nil
}

// whole completes an =XX at the end of a piece of a very long line.
func (q *quotedReader) whole(piece []byte) ([]byte, error) {
	if bytes.IndexByte(piece[len(piece)-2:], '=') < 0 {
		return piece, nil
	}
	tail := make([]byte, 2)
	n, err := io.ReadFull(q.r, tail)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return append(piece, tail[:n]...), err
}

func (q *quotedReader) decoded(line []byte) []byte {
	text := bytes.TrimRight(line, "\r\n")
	ending := line[len(text):]
	text = bytes.TrimRight(text, " \t")
	if soft, ok := bytes.CutSuffix(text, []byte("=")); ok {
		return unquote(soft)
	}
	if len(ending) == 0 {
		text = line
	}
	return append(unquote(text), ending...)
}
