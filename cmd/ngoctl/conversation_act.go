package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// mostText is more than any channel takes.
const mostText = 64 << 10

func replyFlags() []cli.Flag {
	return append([]cli.Flag{
		&cli.StringFlag{Name: "quote", Usage: "the `MESSAGE` that it answers"},
		&cli.StringSliceFlag{Name: "attach", Usage: "send a `FILE` with it; may be given several times"},
		&cli.StringFlag{Name: "template", Usage: "send the template `NAME` instead of a text"},
		keyFlag(),
		&cli.BoolFlag{Name: "close", Usage: "close the thread with it"},
	}, templateFlags()...)
}

// templateFlags are the values of a template.
func templateFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "language", Usage: "of the template: `LANGUAGE` as the provider writes it (default: the person's own)"},
		&cli.StringSliceFlag{Name: "set", Usage: "a value of the template, as `PARAMETER=VALUE`; may be given several times"},
		&cli.StringSliceFlag{Name: "set-header", Usage: "the same for its header, as `PARAMETER=VALUE`"},
		&cli.StringSliceFlag{Name: "button", Usage: "the `VALUE` of a button that needs one, in their order"},
	}
}

// checkTemplateFlags refuses values of a template where none is named: the text alone would go out.
func (c *call) checkTemplateFlags() error {
	for _, f := range templateFlags() {
		if name := f.Names()[0]; c.flags.IsSet(name) && c.flags.String("template") == "" {
			return usage("--"+name+" and the like belong to a template", "name it: --template NAME")
		}
	}
	return nil
}

// templateUse reads the values of a template from the flags.
func (c *call) templateUse(name string) (u api.TemplateUse, err error) {
	u = api.TemplateUse{Name: name, Language: c.flags.String("language"), Buttons: c.flags.StringSlice("button")}
	if u.Body, err = pairs("set", c.flags.StringSlice("set")); err != nil {
		return u, err
	}
	u.Header, err = pairs("set-header", c.flags.StringSlice("set-header"))
	return u, err
}

// pairs reads PARAMETER=VALUE.
func pairs(flag string, given []string) (map[string]string, error) {
	if len(given) == 0 {
		return nil, nil
	}
	out := map[string]string{}
	for _, g := range given {
		name, value, ok := strings.Cut(g, "=")
		if !ok || name == "" {
			return nil, usage(fmt.Sprintf("--%s cannot be %q", flag, ngo.Printable(g)), "write: --"+flag+" 1=VALUE")
		}
		name = strings.TrimSpace(name)
		if _, twice := out[name]; twice {
			return nil, usage(fmt.Sprintf("--%s gives %s two values", flag, ngo.Printable(name)), "give it one")
		}
		out[name] = value
	}
	return out, nil
}

func conversationReply(ctx context.Context, c *call, s session) error {
	if err := c.checkTemplateFlags(); err != nil {
		return err
	}
	r := api.Reply{Quotes: ngo.MessageID(c.flags.String("quote")), Close: c.flags.Bool("close")}
	var err error
	if name := c.flags.String("template"); name != "" {
		if c.arg(1) != "" {
			return usage("a template has its own words", "leave TEXT out, and give the template's values with --set")
		}
		u, err := c.templateUse(name)
		if err != nil {
			return err
		}
		r.Template = &u
	} else if r.Text, err = c.text(1, len(c.flags.StringSlice("attach")) > 0); err != nil {
		return err
	}
	if r.Files, err = uploads(c.flags.StringSlice("attach")); err != nil {
		return err
	}
	return c.written(ctx, s, r)
}

// text gives the text of an argument, of standard input for "-", or what a person types.
func (c *call) text(i int, optional bool) (string, error) {
	text := c.arg(i)
	switch {
	case text == "-" || text == "" && !optional && !c.term.inTTY:
		read, err := io.ReadAll(io.LimitReader(c.term.in, mostText+1))
		if err != nil {
			return "", fmt.Errorf("read standard input: %w", err)
		}
		text, c.piped = string(read), true
	case text == "" && !optional && c.mayAsk():
		var err error
		if text, err = c.askLine("What do you want to say?"); err != nil {
			return "", err
		}
		if !strings.HasPrefix(text, "-") { // else it would be taken for a flag
			c.term.args = append(c.term.args, text) // as if it had been typed there
		}
	}
	text = strings.TrimRight(text, "\r\n")
	switch {
	case len(text) > mostText:
		return "", usage("the text is longer than 64 KiB", "write several, or give it to an answer as a file: ngoctl conversation reply ID --attach FILE")
	case !utf8.ValidString(text):
		return "", usage("the text is not UTF-8", "save it as UTF-8 and try again")
	case strings.TrimSpace(text) == "" && !optional:
		return "", usage("there is nothing to say", `write: `+c.path+` ID "TEXT"`)
	}
	return text, nil
}

// uploads reads files that go with a message.
func uploads(paths []string) ([]api.Upload, error) {
	const (
		most      = 16 << 20
		mostName  = 200
		mostFiles = 10
	)
	if len(paths) > mostFiles {
		return nil, usage(fmt.Sprintf("at most %d files go with one message", mostFiles), "send the others in a second one")
	}
	var out []api.Upload
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil {
			return nil, usage("the file "+ngo.Printable(path)+" cannot be read", "name a file that is there")
		}
		switch name := ngo.Printable(path); {
		case !info.Mode().IsRegular() || info.Size() > most:
			return nil, usage(name+" is not a file of at most 16 MB", "send a smaller one")
		case info.Size() == 0:
			return nil, usage("the file "+name+" is empty", "name one with something in it")
		case utf8.RuneCountInString(filepath.Base(path)) > mostName:
			return nil, usage(fmt.Sprintf("a file's name has at most %d signs, and that of %s is longer", mostName, name), "give it a shorter name")
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, usage("the file "+ngo.Printable(path)+" cannot be read", "see whether you may read it")
		}
		out = append(out, api.Upload{Name: filepath.Base(path), Data: data})
	}
	return out, nil
}

func conversationNote(ctx context.Context, c *call, s session) error {
	text, err := c.text(1, false)
	if err != nil {
		return err
	}
	return c.written(ctx, s, api.Reply{Text: text, Note: true})
}

// written has something written and says how to take it back.
func (c *call) written(ctx context.Context, s session, r api.Reply) error {
	w, err := once(ctx, c, func(key string) (api.Written, error) {
		r.Key = key
		return s.ReplyTo(ctx, s.org, ngo.ConversationID(c.arg(0)), r)
	})
	if err != nil {
		return err
	}
	title := "It is written and leaves in a moment"
	if r.Note {
		title = "The note is kept"
	}
	return c.wrote(title, w)
}

func (c *call) wrote(title string, w api.Written) error {
	err := c.record(w, record{title: title, fields: []field{
		{"id", w.Message.ID}, {"conversation", w.Message.Conversation}, {"state", w.Message.State}, {"reason", w.Message.Reason}, {"price", shownPrice(w.Price)},
	}})
	if err == nil && w.Until != nil {
		c.note("\nTo pull it back within ten seconds: ngoctl conversation undo %s", w.Message.ID)
	}
	return err
}

// shownPrice writes what a message costs; rates have parts of a paisa.
func shownPrice(p *api.Price) string {
	switch {
	case p == nil:
		return ""
	case p.Micros == 0:
		return "free"
	}
	sign := string(p.Currency) + " "
	if p.Currency == string(ngo.INR) {
		sign = "₹"
	}
	return fmt.Sprintf("%s%d.%04d (%s, rate of %s)", sign, p.Micros/1_000_000, p.Micros%1_000_000/100, p.Category, p.As)
}

func moveConversation(to ngo.ConversationState) func(context.Context, *call, session) error {
	return func(ctx context.Context, c *call, s session) error {
		moved, err := s.MoveConversation(ctx, s.org, ngo.ConversationID(c.arg(0)), to)
		if err != nil {
			return err
		}
		err = c.record(moved, record{title: conversationName(moved.Conversation), fields: []field{
			{"id", moved.Conversation.ID}, {"state", moved.Conversation.State}, {"act_id", moved.Act.ID},
		}})
		if err == nil {
			c.note("\nTo take it back: ngoctl org undo %s --org %s", moved.Act.ID, s.org)
		}
		return err
	}
}

func conversationUndo(ctx context.Context, c *call, s session) error {
	id := ngo.MessageID(c.arg(0))
	if strings.HasPrefix(string(id), "cnv_") {
		var err error
		if id, err = latestToLeave(ctx, s, ngo.ConversationID(id)); err != nil {
			return err
		}
	}
	m, err := s.Withdraw(ctx, s.org, id)
	if err != nil {
		return err
	}
	return c.record(m, record{title: "It was pulled back and does not go out", fields: []field{{"id", m.ID}, {"state", m.State}, {"text", ngo.Printable(m.Text)}}})
}

// latestToLeave finds the newest message of a thread that has not left.
func latestToLeave(ctx context.Context, s session, id ngo.ConversationID) (ngo.MessageID, error) {
	thread, err := s.Thread(ctx, s.org, id, api.ListQuery{})
	if err != nil {
		return "", err
	}
	for i := len(thread.Messages) - 1; i >= 0; i-- {
		if m := thread.Messages[i]; m.Direction == ngo.Out && m.State == ngo.MessageQueued {
			return m.ID, nil
		}
	}
	return "", &ngo.Error{Code: ngo.Conflict, Message: "nothing in this thread waits to leave", Hint: "what has left cannot be pulled back: ngoctl conversation show " + string(id)}
}

func conversationRetry(ctx context.Context, c *call, s session) error {
	m, err := s.RetryMessage(ctx, s.org, ngo.MessageID(c.arg(0)), c.flags.Bool("sure"))
	if err != nil {
		return err
	}
	return c.record(m, record{title: "It is tried again", fields: []field{{"id", m.ID}, {"state", m.State}, {"reason", m.Reason}}})
}

func conversationOpen(ctx context.Context, c *call, s session) error {
	link, err := s.ThreadLink(ctx, s.org, ngo.ConversationID(c.arg(0)))
	if err != nil {
		return err
	}
	return c.openLink(link)
}

func conversationSave(ctx context.Context, c *call, s session) error {
	path := c.arg(1)
	if path == "-" && (c.term.outTTY || c.format == forMachines) {
		return usage("a file cannot be written here", "give a FILE, or pipe it")
	}
	var content bytes.Buffer
	name, err := s.Attachment(ctx, s.org, ngo.AttachmentID(c.arg(0)), &content)
	if err != nil {
		return err
	}
	if path == "" {
		path = cmp.Or(safeName(name), fileName(c.arg(0)))
	}
	if path != "-" {
		if err := c.mayReplace(path); err != nil {
			return err
		}
	}
	return c.keep(path, content.Bytes())
}

// safeName makes of the name that a stranger gave a file one for this folder: nothing of a path, no dot or hyphen in front that
// hides it or makes it a flag, and no sign that a shell reads. It is empty when nothing is left.
func safeName(given string) string {
	const most = 200 // bytes; file systems take 255
	name := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.L, unicode.M, unicode.N) || strings.ContainsRune("-_. ", r) {
			return r
		}
		return '-'
	}, ngo.Printable(given))
	name = strings.Trim(name, ".- ")
	if len(name) <= most {
		return name
	}
	end := filepath.Ext(name)
	if len(end) > 10 {
		end = ""
	}
	return strings.ToValidUTF8(name[:most-len(end)], "") + end
}
