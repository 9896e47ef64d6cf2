package inspect

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

const (
	mostSmall     = 1 << 20  // bytes of a part that is held
	mostDirectory = 16 << 20 // bytes of a list of parts: a sheet with a link in each row has many
	mostDocument  = 32 << 20 // bytes of a document that is looked through as a whole
	mostRatio     = 250      // of unpacked to packed, of a part that is large
	largePart     = 4 << 20
)

const whyTricky = refusal("it is put together in a way that tricks programs")

// office are the documents that are archives inside, by a part that each has.
var office = []struct{ part, media string }{
	{"word/", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
	{"xl/", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
	{"ppt/", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
}

// checkZip opens an archive and keeps it when it is an office document and nothing in it would run. Each part is unpacked to
// nowhere: what an archive says of the size of its parts is a claim too.
func checkZip(f *file) error {
	all, err := f.whole(mostDocument)
	if err != nil {
		return err
	}
	z, err := zip.NewReader(bytes.NewReader(all), int64(len(all)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return whyCut
	}
	if len(z.File) > f.ask.Limits.Entries {
		return refusal(fmt.Sprintf("there are %d files inside it, more than any document has", len(z.File)))
	}
	if f.report.Type = documentType(z); f.report.Type == "" {
		if has(z, "AndroidManifest.xml") || has(z, "META-INF/MANIFEST.MF") {
			return whyProgram
		}
		return whyArchive
	}
	if err := checkParts(z); err != nil {
		return err
	}
	return f.unpack(z)
}

func has(z *zip.Reader, name string) bool {
	for _, part := range z.File {
		if part.Name == name {
			return true
		}
	}
	return false
}

// documentType tells which document an archive is; empty when it is none.
func documentType(z *zip.Reader) string {
	if len(z.File) > 0 && z.File[0].Name == "mimetype" {
		media, err := small(z.File[0])
		if err == nil && strings.HasPrefix(media, "application/vnd.oasis.opendocument.") && len(media) < 100 {
			return strings.TrimSpace(media)
		}
		return ""
	}
	if !has(z, "[Content_Types].xml") {
		return ""
	}
	for _, o := range office {
		for _, part := range z.File {
			if strings.HasPrefix(part.Name, o.part) {
				return o.media
			}
		}
	}
	return ""
}

// small gives the beginning of a part, all of a short one.
func small(part *zip.File) (string, error) {
	r, err := part.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, mostSmall))
	return string(text), err
}

// checkParts goes by the names of the parts.
func checkParts(z *zip.Reader) error {
	seen := map[string]bool{}
	for _, part := range z.File {
		name := strings.ToLower(strings.ReplaceAll(part.Name, `\`, "/"))
		switch {
		case strings.HasPrefix(name, "/") || strings.Contains(name, "../") || strings.Contains(name, ":") || strings.Contains(name, "\x00") || seen[name]:
			return whyTricky
		case part.Flags&1 != 0:
			return whyLocked
		case runs(name):
			return whyMacros
		}
		seen[name] = true
		if name == "[content_types].xml" || strings.HasSuffix(name, ".rels") {
			if err := checkDirectory(part); err != nil {
				return err
			}
		}
	}
	return nil
}

// runs tells by its name whether a part of a document is a program.
func runs(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(base, "vbaproject") || base == "vbadata.xml" || strings.Contains(name, "/macrosheets/") || strings.Contains(name, "/activex/") ||
		strings.HasPrefix(name, "basic/") || strings.HasPrefix(name, "scripts/") || strings.HasSuffix(name, ".exe") || strings.HasSuffix(name, ".dll") ||
		strings.HasPrefix(base, "oleobject") && strings.HasSuffix(base, ".bin")
}

// checkDirectory reads the lists by which a document finds its parts: some are to be run, and some to be loaded from elsewhere.
func checkDirectory(part *zip.File) error {
	r, err := part.Open()
	if err != nil {
		return whyCut
	}
	defer r.Close()
	in := &io.LimitedReader{R: r, N: mostDirectory}
	d := xml.NewDecoder(in)
	for {
		token, err := d.Token()
		switch {
		case in.N == 0:
			return whyTricky // what stands behind is not looked at
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return whyCut // no program opens it, or only one that reads it otherwise
		}
		switch e := token.(type) {
		case xml.Directive:
			return whyTricky // it may say what the entries leave out
		case xml.StartElement:
			if err := checkEntry(e); err != nil {
				return err
			}
		}
	}
}

// checkEntry looks at one line of such a list.
func checkEntry(e xml.StartElement) error {
	var kind, target, mode string
	for _, a := range e.Attr {
		value := strings.ToLower(strings.TrimSpace(a.Value))
		if strings.Contains(value, "macroenabled") {
			return whyMacros
		}
		switch a.Name { // one of another vocabulary says nothing here
		case xml.Name{Local: "Type"}:
			kind = path.Base(value)
		case xml.Name{Local: "Target"}:
			target = value
		case xml.Name{Local: "TargetMode"}:
			mode = value
		}
	}
	if mode == "external" && slices.Contains(loaded, kind) && far(target) {
		return refusal("it would load something from the internet when it is opened")
	}
	return nil
}

// loaded are the kinds of part that a program gets when it opens a document, without asking.
var loaded = []string{"attachedtemplate", "oleobject", "frame", "subdocument"}

var (
	elsewhere = regexp.MustCompile(`^(//|[a-z][a-z0-9+.-]+:)`) // a drive's letter is no scheme
	onDisk    = regexp.MustCompile(`^file:((//localhost)?/*[a-z][:|]|(//localhost|//)?/(users|library|applications|volumes|home)/)`)
)

// far tells whether an address lies on another computer: one beside the document or on its writer's own disk, of Windows, a Mac or
// Linux, does not. Programs find a host also behind one slash or none.
func far(target string) bool {
	if plain, err := url.PathUnescape(target); err == nil {
		target = plain
	}
	target = strings.ReplaceAll(target, `\`, "/")
	return elsewhere.MatchString(target) && !onDisk.MatchString(target)
}

// unpack counts what the parts come to.
func (f *file) unpack(z *zip.Reader) error {
	left := f.ask.Limits.Unpacked
	for _, part := range z.File {
		n, err := unpackPart(part, left)
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return refusal(fmt.Sprintf("it grows to more than %s when it is unpacked", megabytes(f.ask.Limits.Unpacked)))
		}
	}
	return nil
}

// unpackPart unpacks a part to nowhere and no further than one byte above most.
func unpackPart(part *zip.File, most int64) (int64, error) {
	if part.Method != zip.Store && part.Method != zip.Deflate {
		return 0, whyTricky
	}
	r, err := part.Open()
	if err != nil {
		return 0, whyCut
	}
	defer r.Close()
	n, err := io.Copy(io.Discard, io.LimitReader(r, most+1))
	if n > most {
		return n, nil
	}
	if err != nil {
		return n, whyCut
	}
	if n > largePart && n > mostRatio*int64(max(part.CompressedSize64, 1)) {
		return n, refusal("it grows out of all proportion when it is unpacked")
	}
	return n, nil
}
