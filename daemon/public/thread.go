package public

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// mostMessages is how many messages of a thread its page shows, the newest.
const mostMessages = 500

// threadView is what the page of a thread is drawn from. All text in it is printable.
type threadView struct {
	view
	With     string
	Address  string
	Older    bool // there are more, which are not shown
	Messages []messageView
}

type messageView struct {
	Way      string // in, out, note
	Who      string
	When     string
	Marks    []string // edited, failed, …: in words
	Subject  string
	Text     string
	Gone     string // says that there is nothing to show, in place of the text
	Lines    []string
	Files    []fileView
	Reaction string
}

type fileView struct {
	Name, Link, Note string
}

// showThread shows a conversation as a page that loads nothing: the text as it was written, and files as links that end soon.
func (h *Handler) showThread(w http.ResponseWriter, r *http.Request, o *org.Org, g org.FileGrant) error {
	var c ngo.Conversation
	var messages []ngo.Message
	var older string
	err := o.Store.Read(r.Context(), func(rx *store.Rx) (err error) {
		if c, err = rx.Conversation(g.Conversation); err != nil {
			return err
		}
		messages, older, err = rx.Thread(c.ID, store.ListQuery{Limit: mostMessages})
		return err
	})
	if err != nil {
		return err
	}
	profile, err := o.Profile(r.Context())
	if err != nil {
		return err
	}
	if err := opened(r.Context(), o, g); err != nil {
		return err
	}
	v := threadView{view: h.blank(wanted(r, profile.Language)), Address: ngo.Printable(c.Address.Value), Older: older != ""}
	v.With = cmp.Or(ngo.Printable(c.Name), c.Address.Stranger(), v.Address)
	v.Org = cmp.Or(ngo.Printable(profile.LegalName), ngo.Printable(o.Info().Name))
	v.Title = cmp.Or(ngo.Printable(c.Subject), h.texts.Say(v.Lang, "thread_title", "name", v.With))
	t := threadDrawing{h: h, org: o, grant: g, view: v}
	for _, m := range messages {
		v.Messages = append(v.Messages, t.message(m))
	}
	return h.draw(w, "thread.html", v.Lang, h.policy+"; sandbox allow-popups allow-popups-to-escape-sandbox allow-downloads", v)
}

// threadDrawing makes views of messages.
type threadDrawing struct {
	h     *Handler
	org   *org.Org
	grant org.FileGrant
	view  threadView
}

func (t threadDrawing) say(key string) string { return t.view.Say(key) }

func (t threadDrawing) message(m ngo.Message) messageView {
	at := m.At.In(t.org.Zone())
	v := messageView{Way: string(m.Direction), Who: t.view.With, When: ngo.FormatDate(t.org.Day(m.At), t.view.Lang) + ", " + at.Format("15:04")}
	switch m.Direction {
	case ngo.Out:
		v.Who = t.view.Org
	case ngo.Note:
		v.Who = t.say("thread_note")
	}
	if name := ngo.Printable(strings.TrimPrefix(m.Author, "user:")); name != "" {
		v.Who += " · " + name
	}
	v.Marks = t.marks(m)
	for _, r := range m.Reactions {
		v.Reaction += ngo.Printable(r.Emoji)
	}
	if m.Revoked != nil {
		v.Gone = t.say("thread_revoked")
		return v
	}
	v.Subject, v.Text = ngo.Printable(m.Subject), ngo.PrintableText(m.Text)
	if v.Subject == t.view.Title {
		v.Subject = ""
	}
	v.Lines = t.extra(m.More)
	for _, a := range m.Attachments {
		v.Files = append(v.Files, t.file(a))
	}
	return v
}

// marks says where a message stands that does not simply stand there.
func (t threadDrawing) marks(m ngo.Message) (out []string) {
	if m.Edited != nil {
		out = append(out, t.say("thread_edited"))
	}
	if m.Direction != ngo.Out {
		return out
	}
	switch m.State {
	case ngo.MessageQueued, ngo.MessageSending:
		out = append(out, t.say("thread_waiting"))
	case ngo.MessageFailed:
		out = append(out, t.say("thread_failed")+reason(m.Reason))
	case ngo.MessageUncertain:
		out = append(out, t.say("thread_uncertain"))
	case ngo.MessageWithdrawn:
		out = append(out, t.say("thread_withdrawn"))
	case ngo.MessageRead:
		out = append(out, t.say("thread_read"))
	}
	return out
}

func reason(s string) string {
	if s = ngo.Printable(s); s == "" {
		return ""
	}
	return ": " + s
}

// extra gives what else a message carries, a line each.
func (t threadDrawing) extra(more json.RawMessage) (out []string) {
	var x ngo.Extra
	if len(more) == 0 || json.Unmarshal(more, &x) != nil {
		return nil
	}
	if p := x.Place; p != nil {
		out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %.5f, %.5f", p.Name, p.Address, p.Latitude, p.Longitude)))
	}
	for _, c := range x.Cards {
		out = append(out, strings.Join(append([]string{c.Name}, c.Lines...), ", "))
	}
	out = append(out, x.Choice)
	for _, f := range x.Form {
		out = append(out, f.Name+": "+f.Value)
	}
	out = append(append(out, x.Order...), x.Problem, x.Doubt)
	var shown []string
	for _, line := range out {
		if line = ngo.Printable(line); line != "" {
			shown = append(shown, line)
		}
	}
	return shown
}

func (t threadDrawing) file(a ngo.Attachment) fileView {
	v := fileView{Name: cmp.Or(ngo.Printable(a.Name), a.Kind)}
	switch {
	case a.Kind == "page":
		v.Name = t.say("thread_page")
	case a.Kind == "link":
		v.Name, v.Note = cmp.Or(ngo.Printable(a.Name), ngo.Printable(a.URL)), ngo.Printable(a.URL)
		return v
	}
	switch a.State {
	case ngo.AttachmentKept:
		v.Link, _ = t.org.FileLink("", org.FileGrant{Attachment: a.ID, Actor: t.grant.Actor})
		v.Note = size(a.Size)
	case ngo.AttachmentWanted:
		v.Note = t.say("thread_fetching")
	default:
		v.Note = cmp.Or(ngo.Printable(a.Reason), t.say("thread_lost"))
	}
	return v
}

func size(n int64) string {
	switch {
	case n <= 0:
		return ""
	case n < 1<<20:
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
