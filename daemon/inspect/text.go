package inspect

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"strings"
	"unicode/utf8"
)

// isText tells whether the beginning looks like text in some charset: it has hardly any signs that text does not have.
func isText(head []byte) bool {
	odd := 0
	for _, b := range decoded(head) {
		if oddByte(b) {
			odd++
		}
	}
	return odd*100 <= len(head)
}

// oddByte tells whether b stands in no text. NUL counts much: it is in nearly every file that is none.
func oddByte(b byte) bool {
	return b < ' ' && b != '\n' && b != '\r' && b != '\t' && b != '\f' && b != '\v' && b != 0x1b && b != 0x1a || b == 0x7f
}

// decoded gives UTF-16 with its mark as bytes that can be looked at; all else as it is.
func decoded(head []byte) []byte {
	if !bytes.HasPrefix(head, []byte("\xff\xfe")) && !bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return head
	}
	at := 0
	if head[0] == 0xfe {
		at = 1
	}
	out := make([]byte, 0, len(head)/2)
	for i := 2; i+1 < len(head); i += 2 {
		low, high := head[i+at], head[i+1-at]
		if high != 0 {
			low = 'x' // some letter beyond Latin
		}
		out = append(out, low)
	}
	return out
}

// checkText looks at all of it: text that turns into something else half-way is not text.
func checkText(f *file) error {
	wide := !bytes.Equal(decoded(f.head), f.head)
	odd, size := int64(0), int64(0)
	buf := make([]byte, 32<<10)
	for {
		n, err := f.Read(buf)
		size += int64(n)
		for _, b := range buf[:n] {
			if b == 0 && !wide {
				return refusal("it begins as text and goes on as something else")
			}
			if oddByte(b) {
				odd++
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if !wide && odd*100 > size {
		return refusal("it begins as text and goes on as something else")
	}
	if f.report.Type == "text/plain" && f.isTable() {
		f.report.Type = "text/csv"
	}
	return nil
}

// isTable tells whether a text is to be shown as a table: it says so, and the beginning is not against it.
func (f *file) isTable() bool {
	media, _, _ := mime.ParseMediaType(f.ask.Claimed)
	if media != "text/csv" && ending(f.ask.Name) != ".csv" {
		return false
	}
	return strings.ContainsAny(string(f.head), ",;\t") || !utf8.Valid(f.head)
}

// checkRTF refuses what brings something else along: objects are how such files do harm.
func checkRTF(f *file) error {
	return f.search(map[string]refusal{
		`\objdata`: "there is another file inside it, which could do harm", `\objupdate`: "there is another file inside it, which could do harm",
		`\*\template`: "it would load something from the internet when it is opened",
	})
}

// search looks through all of the content for words that have no place there.
func (f *file) search(words map[string]refusal) error {
	const longest = 64
	buf := make([]byte, 0, 32<<10)
	for {
		n, err := f.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for word, why := range words {
			if bytes.Contains(buf, []byte(word)) {
				return why
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if len(buf) > longest && len(buf) > cap(buf)/2 {
			buf = buf[:copy(buf, buf[len(buf)-longest:])]
		}
	}
}

// wide writes a word as old office files have it.
func wide(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteByte(s[i])
		b.WriteByte(0)
	}
	return b.String()
}

const whyMacros = refusal("there are programs inside it (macros): ask for it without them, or as a PDF")

// checkOLE looks at an old office document. Its parts have names, among them those of programs; programs in the cells of old
// spreadsheets have none and go unseen, as they do with everybody.
func checkOLE(f *file) error {
	all, err := f.whole(mostDocument)
	if err != nil {
		return err
	}
	has := func(name string) bool { return bytes.Contains(all, []byte(wide(name))) }
	switch {
	case has("_VBA_PROJECT") || has("VBA\x00") || has("Macros\x00"):
		return whyMacros
	case has("EncryptedPackage"):
		return whyLocked
	case has("WordDocument"):
		f.report.Type = "application/msword"
	case has("PowerPoint Document"):
		f.report.Type = "application/vnd.ms-powerpoint"
	case has("Workbook") || has("Book\x00"):
		f.report.Type = "application/vnd.ms-excel"
	default:
		return whyStrange // an installer, a message of Outlook, …
	}
	return nil
}

const whyLocked = refusal("it is locked with a password, so that nobody can see whether it is safe")

// checkPDF wants an end, and refuses what openly runs something. What is packed in between goes unseen: no reader but a confined one is
// to open it.
func checkPDF(f *file) error {
	tail := make([]byte, 0, 8<<10)
	for {
		if len(tail) > cap(tail)/2 {
			tail = tail[:copy(tail, tail[len(tail)-cap(tail)/4:])]
		}
		n, err := f.Read(tail[len(tail):cap(tail)])
		tail = tail[:len(tail)+n]
		if bytes.Contains(tail, []byte("/JavaScript")) || bytes.Contains(tail, []byte("/Launch")) {
			return whyScripts
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	if !bytes.Contains(tail, []byte("%%EOF")) && !bytes.Contains(tail, []byte("startxref")) {
		return whyCut
	}
	return nil
}

const whyScripts = refusal("there are programs inside it (scripts): ask for it without them, such as printed and scanned")

const whyCut = refusal("it is cut short or broken: ask for it again")
