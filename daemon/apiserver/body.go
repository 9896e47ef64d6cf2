package apiserver

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// Limits of a request's body. The largest one of ours adds an account with a key of 4 KiB.
const (
	maxBody  = 64 << 10
	maxDepth = 16
	bodyTime = 10 * time.Second

	largeTime = 2 * time.Minute // of a body above maxBody, with the answer
	atOnce    = 2               // of such bodies
	maxPlain  = 2 << 20         // is read in bodyTime; a picture is
)

// takeBody reads the whole body, under a limit of size and time, and refuses JSON that two readers could understand
// differently. huma then finds it in memory. Codes: Invalid, TooLarge.
func takeBody(w http.ResponseWriter, r *http.Request, most int64) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/json" {
		return &ngo.Error{Code: ngo.Invalid, Message: "the body must be JSON", Hint: "send it with Content-Type: application/json"}
	}
	data, err := readBody(w, r, most)
	if err != nil {
		return err
	}
	if err := checkJSON(data); err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

// room waits for a place among those who send large bodies, which are held in memory. One that is small needs none.
func (s *Server) room(r *http.Request, rt route) (leave func(), err error) {
	if rt.body <= maxBody || r.ContentLength >= 0 && r.ContentLength <= maxBody {
		return func() {}, nil
	}
	select {
	case s.large <- struct{}{}:
		return func() { <-s.large }, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// takeUpload reads a picture under a limit of size and time. Codes: Invalid, TooLarge.
func takeUpload(w http.ResponseWriter, r *http.Request, most int64) error {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "image/png" && media != "image/jpeg" {
		return &ngo.Error{Code: ngo.Invalid, Message: "the body must be a PNG or JPEG", Hint: "send it with Content-Type: image/png or image/jpeg"}
	}
	data, err := readBody(w, r, most)
	if err != nil {
		return err
	}
	r.Body = io.NopCloser(bytes.NewReader(data))
	return nil
}

// readBody reads a body of at most so many bytes. Codes: Invalid, TooLarge.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	// A transport without deadlines is the in-process one, whose bodies are in memory.
	rc := http.NewResponseController(w)
	_ = rc.SetReadDeadline(time.Now().Add(bodyTime))
	if most > maxPlain {
		_ = rc.SetReadDeadline(time.Now().Add(largeTime))
		_ = rc.SetWriteDeadline(time.Now().Add(largeTime))
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, &ngo.Error{Code: ngo.TooLarge, Message: fmt.Sprintf("the body is larger than %d KiB", most>>10)}
	}
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the body could not be read to its end", Err: err}
	}
	return data, nil
}

// checkJSON refuses what encoding/json lets pass: keys that come twice or differ only in case (the last would win),
// broken UTF-8 (it would be replaced), and deep nesting. Every key of ours is in small ASCII letters, so others are
// unknown ones. It fails with Invalid.
func checkJSON(data []byte) error {
	if !utf8.Valid(data) {
		return badJSON("it is not UTF-8", nil)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	if err := checkValue(d, 0); err != nil {
		return err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return badJSON("something follows its end", err)
	}
	return nil
}

func checkValue(d *json.Decoder, depth int) error {
	t, err := d.Token()
	if err != nil {
		return badJSON("it is incomplete or wrong", err)
	}
	if depth > maxDepth {
		return badJSON("it is nested too deeply", nil)
	}
	switch t {
	case json.Delim('{'):
		return checkObject(d, depth)
	case json.Delim('['):
		return checkArray(d, depth)
	}
	return nil
}

func checkArray(d *json.Decoder, depth int) error {
	for d.More() {
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return closing(d)
}

func checkObject(d *json.Decoder, depth int) error {
	seen := map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return badJSON("it is incomplete or wrong", err)
		}
		if strings.Trim(key, "abcdefghijklmnopqrstuvwxyz0123456789_-") != "" {
			return badJSON(fmt.Sprintf("%q is not one of its fields", ngo.Printable(key)), nil)
		}
		if seen[key] {
			return badJSON(fmt.Sprintf("%q comes twice", key), nil)
		}
		seen[key] = true
		if err := checkValue(d, depth+1); err != nil {
			return err
		}
	}
	return closing(d)
}

func closing(d *json.Decoder) error {
	if _, err := d.Token(); err != nil {
		return badJSON("it is incomplete or wrong", err)
	}
	return nil
}

func badJSON(why string, err error) error {
	return &ngo.Error{Code: ngo.Invalid, Message: "the body cannot be understood: " + why, Err: err}
}
