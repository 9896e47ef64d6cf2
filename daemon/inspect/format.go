package inspect

import (
	"bytes"
	"fmt"
	"mime"
	"net/http"
	"path"
	"strings"
)

// The kinds in a report, as attachments have them.
const (
	kindImage = "image"
	kindAudio = "audio"
	kindVideo = "video"
	kindFile  = "file"
	kindPage  = "page"
)

// A group is what people take a file for. One that claims to be of one group and is of another is lying.
type group string

const (
	picture group = "a picture"
	sound   group = "a recording" // audio and video, which share their containers
	printed group = "a PDF"
	writing group = "a document or text"
	web     group = "a web page"
	program group = "a program"
	archive group = "an archive"
	strange group = "nothing that is known"
)

// format is a form that a file can have. One without a check is refused for the reason why.
type format struct {
	media string
	kind  string
	group group
	is    func(head []byte) bool
	check func(*file) error
	why   refusal
}

const (
	whyProgram = refusal("it is a program, and could do harm when it is opened")
	whyWeb     = refusal("it is a web page or drawing that can hold programs")
	whyArchive = refusal("it is an archive: ask for the files in it one by one")
	whyStrange = refusal("it is of no kind that is kept: pictures, recordings, PDF, office documents, text, contacts and dates are")
)

// formats are tried in this order. What many things can look like by chance comes late.
func formats() []format {
	prog := func(is func([]byte) bool) format { return format{group: program, is: is, why: whyProgram} }
	pack := func(is func([]byte) bool) format { return format{group: archive, is: is, why: whyArchive} }
	return []format{
		{media: "image/jpeg", kind: kindImage, group: picture, is: begins("\xff\xd8\xff"), check: checkJPEG},
		{media: "image/png", kind: kindImage, group: picture, is: begins("\x89PNG\r\n\x1a\n"), check: checkPNG},
		{media: "image/gif", kind: kindImage, group: picture, is: begins("GIF87a", "GIF89a"), check: checkGIF},
		{media: "image/webp", kind: kindImage, group: picture, is: riff("WEBP"), check: checkWebP},
		{media: "image/heic", kind: kindImage, group: picture, is: brand("heic", "heix", "heim", "heis", "mif1", "msf1", "hevc"), check: checkHEIC},
		{media: "application/pdf", kind: kindFile, group: printed, is: isPDF, check: checkPDF},
		{media: "application/zip", kind: kindFile, group: writing, is: begins("PK\x03\x04"), check: checkZip},
		{media: "application/x-ole-storage", kind: kindFile, group: writing, is: begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), check: checkOLE},
		{media: "application/rtf", kind: kindFile, group: writing, is: begins(`{\rtf`), check: checkRTF},
		{media: "audio/ogg", kind: kindAudio, group: sound, is: begins("OggS"), check: checkOgg},
		{media: "audio/amr", kind: kindAudio, group: sound, is: begins("#!AMR\n", "#!AMR-WB\n"), check: (*file).drain},
		{media: "audio/wav", kind: kindAudio, group: sound, is: riff("WAVE"), check: (*file).drain},
		{media: "audio/flac", kind: kindAudio, group: sound, is: begins("fLaC"), check: (*file).drain},
		{media: "video/webm", kind: kindVideo, group: sound, is: begins("\x1a\x45\xdf\xa3"), check: (*file).drain},
		{media: "video/mp4", kind: kindVideo, group: sound, is: boxed("ftyp"), check: checkMP4},
		{media: "video/quicktime", kind: kindVideo, group: sound, is: boxed("moov", "mdat", "wide"), check: checkMP4},
		prog(begins("MZ", "\x7fELF", "\xca\xfe\xba\xbe", "\xcf\xfa\xed\xfe", "\xce\xfa\xed\xfe", "\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "dex\n", "\x00asm")),
		prog(begins("#!", "<?php", "<%", "L\x00\x00\x00\x01\x14\x02\x00", "!<arch>\n", "\xed\xab\xee\xdb", "ITSF", "\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d")),
		pack(begins("PK\x05\x06", "PK\x07\x08", "Rar!", "7z\xbc\xaf\x27\x1c", "\x1f\x8b", "BZh", "\xfd7zXZ\x00", "\x28\xb5\x2f\xfd", "MSCF", "\x1f\x9d", "LZIP")),
		pack(func(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }),
		{group: web, is: isWeb, why: whyWeb},
		{media: "audio/mpeg", kind: kindAudio, group: sound, is: isMP3, check: (*file).drain},
		{media: "audio/aac", kind: kindAudio, group: sound, is: isAAC, check: (*file).drain},
		{media: "text/vcard", kind: kindFile, group: writing, is: starts("BEGIN:VCARD"), check: checkText},
		{media: "text/calendar", kind: kindFile, group: writing, is: starts("BEGIN:VCALENDAR"), check: checkText},
		{media: "text/plain", kind: kindFile, group: writing, is: isText, check: checkText},
		{group: strange, is: func([]byte) bool { return true }, why: whyStrange},
	}
}

// judge decides what the file is and whether it may be kept.
func (f *file) judge() error {
	if len(f.head) == 0 {
		return refusal("it is empty")
	}
	if f.ask.Limits.Page {
		f.report.Type, f.report.Kind = "text/html", kindPage
		return nil
	}
	if err := f.judgeName(); err != nil {
		return err
	}
	for _, form := range formats() {
		if !form.is(f.head) {
			continue
		}
		f.report.Type, f.report.Kind = form.media, form.kind
		if claimed := f.claimed(); lies(claimed, form.group) {
			return refusal(fmt.Sprintf("it says that it is %s, and is %s", claimed, form.group))
		}
		if form.check == nil {
			return form.why
		}
		return form.check(f)
	}
	return whyStrange
}

// run are the endings by which some computer runs a file, whatever is in it.
const run = ` .exe .com .scr .pif .cpl .dll .sys .drv .msi .msp .bat .cmd .ps1 .psm1 .vbs .vbe .js .jse .mjs .ws .wsf .wsc .wsh .hta .htm .html .xhtml
 .mht .mhtml .svg .svgz .xht .shtml .jar .class .apk .ipa .app .deb .rpm .dmg .pkg .iso .img .vhd .lnk .url .desktop .reg .inf .scf .sh .bash .zsh .csh .py
 .pl .rb .php .asp .aspx .jsp .command .action .workflow .chm .hlp .one .xll .docm .dotm .xlsm .xltm .xlam .pptm .potm .ppam .ppsm .sldm .xlsb .gadget
 .application .appref-ms .settingcontent-ms .library-ms .website .swf .ade .adp .mdb .accde `

// judgeName refuses by the name: it is what a computer goes by when somebody opens the file.
func (f *file) judgeName() error {
	ending := ending(f.ask.Name)
	if ending != "" && strings.Contains(strings.ReplaceAll(run, "\n", " "), " "+ending+" ") {
		return refusal("a computer runs files whose name ends in " + ending)
	}
	return nil
}

// ending gives what a name ends in as a computer reads it: without blanks, points and invisible signs behind it.
func ending(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f {
			return -1
		}
		return r
	}, name)
	ext := strings.ToLower(path.Ext(strings.TrimRight(name, " .")))
	if len(ext) < 2 {
		return ""
	}
	return ext
}

// claimed gives the group of which the file is said to be, by its media type or else by its name; empty when nothing is said that
// tells.
func (f *file) claimed() group {
	media, _, err := mime.ParseMediaType(f.ask.Claimed)
	if err != nil || media == "" || media == "application/octet-stream" {
		media = byEnding[ending(f.ask.Name)]
	}
	kind, _, _ := strings.Cut(media, "/")
	switch {
	case kind == "image":
		return picture
	case kind == "audio" || kind == "video":
		return sound
	case media == "application/pdf":
		return printed
	case kind == "text" || strings.Contains(media, "officedocument") || strings.Contains(media, "opendocument") || strings.HasPrefix(media, "application/vnd.ms-") ||
		media == "application/msword" || media == "application/rtf":
		return writing
	}
	return ""
}

var byEnding = map[string]string{
	".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".webp": "image/webp", ".heic": "image/heic",
	".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".m4a": "audio/mp4", ".amr": "audio/amr", ".wav": "audio/wav",
	".mp4": "video/mp4", ".3gp": "video/3gpp", ".mov": "video/quicktime", ".pdf": "application/pdf", ".txt": "text/plain", ".csv": "text/csv",
	".doc": "application/msword", ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".xls": "application/vnd.ms-excel",
	".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".rtf": "application/rtf", ".vcf": "text/vcard", ".ics": "text/calendar",
}

// lies tells whether a claim is more than a small mistake. A picture may be of another sort, and a spreadsheet a text.
func lies(claimed, is group) bool {
	switch is {
	case strange:
		return false // that it is of no kind says more
	case archive, program, web:
		return claimed == picture || claimed == sound || claimed == printed
	}
	return claimed != "" && claimed != is
}

func begins(with ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, w := range with {
			if bytes.HasPrefix(head, []byte(w)) {
				return true
			}
		}
		return false
	}
}

// starts is begins for text, whatever its case and what is invisible before it.
func starts(with string) func([]byte) bool {
	return func(head []byte) bool {
		head = trimmed(head)
		return len(head) >= len(with) && strings.EqualFold(string(head[:len(with)]), with)
	}
}

// trimmed leaves out what a reader of text skips at the beginning.
func trimmed(head []byte) []byte {
	return bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), " \t\r\n\f")
}

func riff(form string) func([]byte) bool {
	return func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == form
	}
}

// brand tells whether it is an ISO media file of one of these brands.
func brand(brands ...string) func([]byte) bool {
	return func(head []byte) bool {
		if len(head) < 12 || string(head[4:8]) != "ftyp" {
			return false
		}
		for _, b := range brands {
			if string(head[8:12]) == b {
				return true
			}
		}
		return false
	}
}

// boxed tells whether the first box of an ISO media file is one of these.
func boxed(kinds ...string) func([]byte) bool {
	return func(head []byte) bool {
		for _, k := range kinds {
			if len(head) >= 8 && string(head[4:8]) == k {
				return true
			}
		}
		return false
	}
}

// isPDF allows what readers allow before the beginning, as long as it is no other beginning.
func isPDF(head []byte) bool { return bytes.HasPrefix(trimmed(head), []byte("%PDF-")) }

// isWeb tells whether a browser that guesses would show it as a page.
func isWeb(head []byte) bool {
	if !isText(head) {
		return false
	}
	if strings.HasPrefix(http.DetectContentType(head), "text/html") {
		return true
	}
	lower := bytes.ToLower(trimmed(decoded(head)))
	if !bytes.HasPrefix(lower, []byte("<")) {
		return false
	}
	for _, sign := range []string{"<svg", "<html", "<script", "<!doctype html", "<iframe", "<body", "<img", "<form", "<meta", "<link", "<object", "<embed", "xmlns=\"http://www.w3.org/1999/xhtml\"", "<?xml-stylesheet"} {
		if bytes.Contains(lower, []byte(sign)) {
			return true
		}
	}
	return false
}
