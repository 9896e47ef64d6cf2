package typeset

import (
	"bytes"
	"compress/zlib"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// pdf writes the objects of a file one after the other and remembers where each begins.
type pdf struct {
	out     bytes.Buffer
	offsets []int
	packed  bytes.Buffer
	packer  *zlib.Writer // one for all streams: each new one would cost a megabyte
}

func newPDF() *pdf {
	f := &pdf{}
	f.packer = zlib.NewWriter(&f.packed)
	f.out.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n") // the second line tells transfer programs that the file is binary
	return f
}

// object writes an object and gives its number.
func (f *pdf) object(body string) int {
	f.offsets = append(f.offsets, f.out.Len())
	fmt.Fprintf(&f.out, "%d 0 obj\n%s\nendobj\n", len(f.offsets), body)
	return len(f.offsets)
}

// stream writes a compressed stream whose dictionary has the given entries.
func (f *pdf) stream(entries string, data []byte) int {
	f.packed.Reset()
	f.packer.Reset(&f.packed)
	f.packer.Write(data) // writing to a bytes.Buffer cannot fail
	f.packer.Close()
	return f.object(fmt.Sprintf("<<%s/Filter/FlateDecode/Length %d>>\nstream\n%s\nendstream", entries, f.packed.Len(), f.packed.Bytes()))
}

// plainStream writes a stream as it is: programs that look for metadata do not unpack.
func (f *pdf) plainStream(entries, data string) int {
	return f.object(fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(data), data))
}

// close writes the table of objects and the trailer. The file's id is a digest of all that stands before it.
func (f *pdf) close(root, info int) []byte {
	digest := sha256.Sum256(f.out.Bytes())
	id := hex.EncodeToString(digest[:16])
	start := f.out.Len()
	fmt.Fprintf(&f.out, "xref\n0 %d\n0000000000 65535 f \n", len(f.offsets)+1)
	for _, at := range f.offsets {
		fmt.Fprintf(&f.out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&f.out, "trailer\n<</Size %d/Root %d 0 R/Info %d 0 R/ID[<%s><%s>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(f.offsets)+1, root, info, id, id, start)
	return f.out.Bytes()
}

// file writes the whole document.
func (d *Document) file() ([]byte, error) {
	f := newPDF()
	resources := fmt.Sprintf("/Font<<%s>>", d.fontObjects(f))
	if len(d.pictures) > 0 {
		resources += fmt.Sprintf("/XObject<<%s>>", d.pictureObjects(f))
	}
	var kids []string
	parent := len(f.offsets) + 2*len(d.pages) + 1
	for _, p := range d.pages {
		content := f.stream("", p.ops.Bytes())
		page := f.object(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]/Contents %d 0 R/Resources<<%s>>>>",
			parent, appendNumber(nil, p.size.Width), appendNumber(nil, p.size.Height), content, resources))
		kids = append(kids, fmt.Sprintf("%d 0 R", page))
	}
	pages := f.object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(kids, " "), len(kids)))
	meta := f.plainStream("/Type/Metadata/Subtype/XML", d.info.xmp())
	info := f.object(d.info.dictionary())
	colours := f.stream("/N 3", srgb())
	root := f.object(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R/Metadata %d 0 R/Lang%s/ViewerPreferences<</DisplayDocTitle true>>"+
		"/OutputIntents[<</Type/OutputIntent/S/GTS_PDFA1/OutputConditionIdentifier(sRGB IEC61966-2.1)/Info(sRGB IEC61966-2.1)/DestOutputProfile %d 0 R>>]>>",
		pages, meta, pdfText(d.info.Lang), colours))
	return f.close(root, info), nil
}

// fontObjects writes the faces that were used and gives the entries of a page's font resources.
func (d *Document) fontObjects(f *pdf) string {
	var faces []*face
	for face := range d.shaper.used {
		faces = append(faces, face)
	}
	slices.SortFunc(faces, func(a, b *face) int { return a.order - b.order })
	var entries strings.Builder
	for _, face := range faces {
		fmt.Fprintf(&entries, "/F%d %d 0 R", face.order, face.write(f, d.shaper.used[face]))
	}
	return entries.String()
}

// pictureObjects writes the pictures and gives the entries of a page's resources.
func (d *Document) pictureObjects(f *pdf) string {
	var entries strings.Builder
	for _, p := range d.pictures {
		fmt.Fprintf(&entries, "/P%d %d 0 R", p.name, p.write(f))
	}
	return entries.String()
}

// pdfText writes a text string.
func pdfText(s string) string { return "<" + utf16Hex("\uFEFF"+s) + ">" }
