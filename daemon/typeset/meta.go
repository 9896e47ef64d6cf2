package typeset

import (
	"fmt"
	"html"
	"strings"
	"time"
)

const producer = "ngoctl"

// Archival is how a file's metadata says that it is PDF/A-2b. Whoever makes another of it takes it out.
const Archival = "<pdfaid:part>2</pdfaid:part>\n<pdfaid:conformance>B</pdfaid:conformance>\n"

// dictionary gives the document information dictionary, for older readers; xmp says the same.
func (i Info) dictionary() string {
	var b strings.Builder
	entry := func(key, text string) {
		if text != "" {
			b.WriteString("/" + key + pdfText(text))
		}
	}
	entry("Title", i.Title)
	entry("Author", i.Author)
	entry("Subject", i.Subject)
	entry("Producer", producer)
	if !i.Created.IsZero() {
		date := pdfDate(i.Created)
		fmt.Fprintf(&b, "/CreationDate(%s)/ModDate(%s)", date, date)
	}
	return "<<" + b.String() + ">>"
}

// pdfDate writes t as D:20260405093000+05'30'.
func pdfDate(t time.Time) string {
	zone := t.Format("-07:00")
	return t.Format("D:20060102150405") + strings.Replace(zone, ":", "'", 1) + "'"
}

// xmp gives the metadata packet.
func (i Info) xmp() string {
	var b strings.Builder
	b.WriteString("<?xpacket begin=\"\uFEFF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n" +
		`<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"` +
		` xmlns:pdf="http://ns.adobe.com/pdf/1.3/" xmlns:pdfaid="http://www.aiim.org/pdfa/ns/id/">` +
		"\n<dc:format>application/pdf</dc:format>\n" + Archival)
	element := func(format, text string) {
		if text != "" {
			fmt.Fprintf(&b, format+"\n", html.EscapeString(text))
		}
	}
	element(`<dc:title><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:title>`, i.Title)
	element(`<dc:creator><rdf:Seq><rdf:li>%s</rdf:li></rdf:Seq></dc:creator>`, i.Author)
	element(`<dc:description><rdf:Alt><rdf:li xml:lang="x-default">%s</rdf:li></rdf:Alt></dc:description>`, i.Subject)
	element(`<dc:language><rdf:Bag><rdf:li>%s</rdf:li></rdf:Bag></dc:language>`, i.Lang)
	element(`<pdf:Producer>%s</pdf:Producer>`, producer)
	if !i.Created.IsZero() {
		date := i.Created.Format(time.RFC3339)
		element(`<xmp:CreateDate>%s</xmp:CreateDate>`, date)
		element(`<xmp:ModifyDate>%s</xmp:ModifyDate>`, date)
	}
	b.WriteString("</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end=\"r\"?>")
	return b.String()
}
