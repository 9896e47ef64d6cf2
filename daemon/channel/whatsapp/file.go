package whatsapp

import (
	"context"
	"encoding/json"
	"fmt"
	"mime"
	"unicode/utf8"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/meta"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const (
	maxCaption  = 1024 // signs
	maxFileName = 240  // bytes
)

// fileKind is one of the kinds of file that WhatsApp carries.
type fileKind struct {
	name    string // as the API calls it
	most    int64  // bytes
	caption bool   // takes words beside it
	header  bool   // a template can begin with one
}

var (
	image    = &fileKind{"image", 5 << 20, true, true}
	video    = &fileKind{"video", 16 << 20, true, true}
	audio    = &fileKind{"audio", 16 << 20, false, false}
	document = &fileKind{"document", 100 << 20, true, true}
)

// fileTypes are the media types that WhatsApp takes; of any other it says that it could not be delivered, hours later.
var fileTypes = map[string]*fileKind{
	"image/jpeg": image, "image/png": image,
	"video/mp4": video, "video/3gpp": video,
	"audio/aac": audio, "audio/amr": audio, "audio/mpeg": audio, "audio/mp4": audio, "audio/ogg": audio,

	"text/plain": document, "application/pdf": document,
	"application/msword": document, "application/vnd.openxmlformats-officedocument.wordprocessingml.document": document,
	"application/vnd.ms-excel": document, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": document,
	"application/vnd.ms-powerpoint": document, "application/vnd.openxmlformats-officedocument.presentationml.presentation": document,
}

// outFile is a file as a message names it, once it was handed over.
type outFile struct {
	ID      ngo.Ref `json:"id"`
	Caption string  `json:"caption,omitempty"`
	Name    string  `json:"filename,omitempty"` // of a document: it is all that people see of it
}

// kindOf tells as what a file goes. It fails with Invalid or TooLarge.
func kindOf(f channel.Attachment) (*fileKind, error) {
	kind := fileTypes[plainType(f.Type)]
	switch n := int64(len(f.Data)); {
	case kind == nil:
		return nil, &ngo.Error{
			Code: ngo.Invalid, Message: fmt.Sprintf("WhatsApp carries no file of the kind %q", ngo.Printable(plainType(f.Type))),
			Hint: "it takes JPEG and PNG pictures, MP4 films, sounds, PDF, Office files and plain text; send others by mail",
		}
	case n == 0:
		return nil, misfit("the file is empty")
	case n > kind.most:
		return nil, &ngo.Error{
			Code: ngo.TooLarge, Message: fmt.Sprintf("the file has %d MB, and WhatsApp takes %d MB of this kind", (n+1<<20-1)>>20, kind.most>>20),
			Hint: "make it smaller, or send it by mail",
		}
	}
	return kind, nil
}

// plainType is a media type without its parameters. A table of values is text to WhatsApp.
func plainType(s string) string {
	t, _, err := mime.ParseMediaType(s)
	switch {
	case err != nil && t == "":
		return s
	case t == "text/csv":
		return "text/plain"
	}
	return t
}

// attach puts the message's one file into out, with the text as its caption. It fails with Invalid or TooLarge.
func (o *outgoing) attach(m channel.Message) error {
	if len(m.Attachments) > 1 {
		return &ngo.Error{Code: ngo.Invalid, Message: "WhatsApp carries one file in a message", Hint: "send them one by one"}
	}
	f := m.Attachments[0]
	kind, err := kindOf(f)
	if err != nil {
		return err
	}
	if m.Template != nil {
		return o.head(kind, f)
	}
	file := &outFile{Caption: m.Text}
	if m.Text != "" {
		if err := checkCaption(kind, m.Text); err != nil {
			return err
		}
	}
	o.Type = kind.name
	switch kind {
	case image:
		o.Image = file
	case video:
		o.Video = file
	case audio:
		o.Audio = file
	default:
		o.Document, file.Name = file, nameOf(f)
	}
	o.file, o.data = file, f
	return nil
}

func checkCaption(kind *fileKind, s string) error {
	if !kind.caption {
		return &ngo.Error{Code: ngo.Invalid, Message: "WhatsApp carries no words beside a sound", Hint: "send the words by themselves"}
	}
	if err := checkText(s); err != nil {
		return err
	}
	if n := utf8.RuneCountInString(s); n > maxCaption {
		return &ngo.Error{
			Code: ngo.TooLarge, Message: fmt.Sprintf("the words have %d signs, and WhatsApp takes %d beside a file", n, maxCaption),
			Hint: "send the file and the words by themselves",
		}
	}
	return nil
}

// head makes the file what the template begins with.
func (o *outgoing) head(kind *fileKind, f channel.Attachment) error {
	if !kind.header {
		return misfit("no template begins with a sound")
	}
	file := &outFile{}
	p := outParameter{Type: kind.name}
	switch kind {
	case image:
		p.Image = file
	case video:
		p.Video = file
	default:
		p.Document, file.Name = file, nameOf(f)
	}
	for _, c := range o.Template.Components {
		if c.Type == "header" {
			return misfit("a template begins with a file or with words, not with both")
		}
	}
	o.Template.Components = append([]outComponent{{Type: "header", Parameters: []outParameter{p}}}, o.Template.Components...)
	o.file, o.data = file, f
	return nil
}

// nameOf is a file's name as people will see it.
func nameOf(f channel.Attachment) string {
	name := fileName(meta.Text(f.Name))
	if name == "" {
		return "file"
	}
	return meta.Text(name).Words(maxFileName)
}

// handOver gives WhatsApp the message's file, if it has one. Nothing was sent when it fails, so that it may be tried again; a file
// that was handed over twice goes out once.
func (a *account) handOver(ctx context.Context, m channel.Message, out outgoing) error {
	if out.file == nil {
		return nil
	}
	kind := plainType(out.data.Type)
	body, err := a.api.Upload(ctx, "/"+string(a.from(m))+"/media", map[string]string{"messaging_product": "whatsapp", "type": kind},
		meta.File{Type: kind, Data: out.data.Data})
	if err != nil {
		return err
	}
	var said struct {
		ID meta.Text `json:"id"`
	}
	if json.Unmarshal(body, &said) != nil || said.ID.Ref() == "" {
		return &ngo.Error{Code: ngo.Unavailable, Message: "WhatsApp took the file and does not say what it calls it"}
	}
	out.file.ID = said.ID.Ref()
	return nil
}

// MarkRead tells WhatsApp that a message to one of the numbers was seen, and with it those before. It fails with Invalid, or as
// the API refuses it; it may be repeated.
func (a *account) MarkRead(ctx context.Context, line, ref ngo.Ref) error {
	from := a.from(channel.Message{Line: line})
	if !a.has(from) || meta.Text(ref).Ref() == "" {
		return misfit("there is no such message at this number")
	}
	_, err := a.api.Post(ctx, "/"+string(from)+"/messages", struct {
		Product string  `json:"messaging_product"`
		Status  string  `json:"status"`
		ID      ngo.Ref `json:"message_id"`
	}{"whatsapp", "read", ref})
	return err
}
