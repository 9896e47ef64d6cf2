package receipt_test

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
)

// textLayer reads what can be copied out of a PDF of ours, a line for each that was drawn. It knows only what PDF writes.
func textLayer(t testing.TB, pdf []byte) string {
	t.Helper()
	objects := map[string][]byte{}
	for _, m := range regexp.MustCompile(`(?s)(\d+) 0 obj\n(.*?)\nendobj\n`).FindAllSubmatch(pdf, -1) {
		objects[string(m[1])] = m[2]
	}
	unicodes := map[string]map[string]string{}
	var out strings.Builder
	for i := 1; i <= len(objects); i++ {
		page := objects[strconv.Itoa(i)]
		content := regexp.MustCompile(`^<</Type/Page/.*/Contents (\d+) 0 R`).FindSubmatch(page)
		if content == nil {
			continue
		}
		for _, m := range regexp.MustCompile(`/(F\d+) (\d+) 0 R`).FindAllSubmatch(page, -1) {
			unicode := regexp.MustCompile(`/ToUnicode (\d+) 0 R`).FindSubmatch(objects[string(m[2])])
			unicodes[string(m[1])] = glyphTexts(unpacked(t, objects[string(unicode[1])]))
		}
		out.WriteString(drawn(unpacked(t, objects[string(content[1])]), unicodes))
	}
	return out.String()
}

func unpacked(t testing.TB, object []byte) []byte {
	t.Helper()
	_, data, _ := bytes.Cut(object, []byte("stream\n"))
	r, err := zlib.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	data, err = io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func glyphTexts(cmap []byte) map[string]string {
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`(?m)^<([0-9a-f]{4})><([0-9a-f]+)>$`).FindAllSubmatch(cmap, -1) {
		out[string(m[1])] = text16(string(m[2]))
	}
	return out
}

func text16(digits string) string {
	raw, _ := hex.DecodeString(digits)
	var units []uint16
	for i := 0; i+1 < len(raw); i += 2 {
		units = append(units, uint16(raw[i])<<8|uint16(raw[i+1]))
	}
	return strings.TrimPrefix(string(utf16.Decode(units)), "\uFEFF")
}

var operators = regexp.MustCompile(`/(F\d+) [\d.]+ Tf|ActualText<([0-9a-f]*)>>>BDC|(EMC)|<([0-9a-f]+)>|(ET)\n`)

func drawn(content []byte, unicodes map[string]map[string]string) string {
	var out strings.Builder
	font, told := "", false
	for _, m := range operators.FindAllStringSubmatch(string(content), -1) {
		switch {
		case m[1] != "":
			font = m[1]
		case m[2] != "":
			told = true
			out.WriteString(text16(m[2]))
		case m[3] != "":
			told = false
		case m[4] != "" && !told:
			for glyph := range slices.Chunk([]byte(m[4]), 4) {
				out.WriteString(unicodes[font][string(glyph)])
			}
		case m[5] != "":
			out.WriteByte('\n')
		}
	}
	return out.String()
}
