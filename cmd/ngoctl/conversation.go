package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const exampleConversation = "cnv_01k9v3m5w8x2y4z6a7b9c1d3e5"

func conversationCommand(t terminal) *cli.Command {
	return group(&cli.Command{
		Name: "conversation", Aliases: []string{"conversations", "inbox"}, Category: categoryWork, Usage: "what people write, and the answers",
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "threads that are open, newest first", Action: inOrg(t, conversationList),
				UsageText: "ngoctl conversation list\nngoctl conversation list --waiting --sort window\nngoctl conversation list --state any --channel whatsapp --all --json",
				Flags: listFlags(
					choiceFlag("state", "only those that are", string(ngo.ConversationOpen), string(ngo.ConversationSnoozed), string(ngo.ConversationClosed), "any"),
					&cli.StringFlag{Name: "channel", Usage: "only those by the channel `NAME`"},
					&cli.StringFlag{Name: "person", Usage: "only those of the person `ID`"},
					&cli.BoolFlag{Name: "waiting", Usage: "only those that wait for an answer"},
					choiceFlag("sort", "first those in", "newest", "waiting", "window"),
				),
				Description: "WINDOW is how long the person may still be written to freely; then only templates go. --sort waiting begins with who\nhas waited longest, --sort window with whose window shuts first.",
			},
			{
				Name: "show", Usage: "a thread: its messages, oldest first", ArgsUsage: "ID", Action: inOrg(t, conversationShow), Flags: pageFlags(),
				UsageText:   "ngoctl conversation show " + exampleConversation + "\nngoctl conversation show " + exampleConversation + " --all",
				Description: "Looking at it changes nothing; it stays unread until somebody answers or opens it in the desk.",
			},
			{
				Name: "reply", Usage: "answer; it leaves ten seconds later", ArgsUsage: "ID [TEXT]", Action: inOrg(t, conversationReply), Flags: replyFlags(),
				UsageText: "ngoctl conversation reply " + exampleConversation + ` "Your receipt is on its way."` + "\n" +
					"ngoctl conversation reply " + exampleConversation + " - < answer.txt\n" +
					"ngoctl conversation reply " + exampleConversation + ` "The form you asked for." --attach form.pdf` + "\n" +
					"ngoctl conversation reply " + exampleConversation + " --template appointment --set 1=Meena --set 2=Monday",
				Description: "TEXT comes from standard input with \"-\". When the window is shut, text is refused: only a template goes then\n" +
					"(ngoctl template list --conversation ID). Until it leaves it can be pulled back: ngoctl conversation undo. With the\nsame --key it is written once, however often you try; a lost answer is asked for again by itself.",
			},
			{
				Name: "note", Usage: "write a note that only staff see", ArgsUsage: "ID [TEXT]", Action: inOrg(t, conversationNote), Flags: []cli.Flag{keyFlag()},
				UsageText: "ngoctl conversation note " + exampleConversation + ` "Called her; she will send the form on Monday."`,
			},
			{
				Name: "close", Usage: "say that nothing is left to do; a new message opens it again", ArgsUsage: "ID", Action: inOrg(t, moveConversation(ngo.ConversationClosed)),
				UsageText: "ngoctl conversation close " + exampleConversation,
			},
			{
				Name: "reopen", Usage: "put a closed thread back on the list", ArgsUsage: "ID", Action: inOrg(t, moveConversation(ngo.ConversationOpen)),
				UsageText: "ngoctl conversation reopen " + exampleConversation,
			},
			{
				Name: "undo", Usage: "pull back what was written and has not left", ArgsUsage: "ID", Action: inOrg(t, conversationUndo),
				UsageText:   "ngoctl conversation undo " + exampleConversation + "\nngoctl conversation undo msg_01k9v3m5w8x2y4z6a7b9c1d3e5",
				Description: "ID is a message, or a thread, whose latest message is meant.",
			},
			{
				Name: "retry", Usage: "send a message again that did not go", ArgsUsage: "MESSAGE", Action: inOrg(t, conversationRetry),
				Flags:       []cli.Flag{&cli.BoolFlag{Name: "sure", Usage: "of one that may have arrived: you found out that it did not"}},
				UsageText:   "ngoctl conversation retry msg_01k9v3m5w8x2y4z6a7b9c1d3e5\nngoctl conversation retry msg_01k9v3m5w8x2y4z6a7b9c1d3e5 --sure",
				Description: "It is refused where trying again cannot help, and says why.",
			},
			{
				Name: "watch", Usage: "print messages as they come and go, until interrupted", ArgsUsage: "[ID]", Action: inOrg(t, conversationWatch),
				UsageText: "ngoctl conversation watch\nngoctl conversation watch " + exampleConversation + "\nngoctl conversation watch --json | while read -r line; do …; done",
			},
			{
				Name: "open", Usage: "show a thread as a page in this computer's browser", ArgsUsage: "ID", Action: inOrg(t, conversationOpen),
				UsageText: "ngoctl conversation open " + exampleConversation, Description: "The page's address works for ten minutes.",
			},
			{
				Name: "save", Usage: "write a file that came with a message to this computer", ArgsUsage: "ATTACHMENT [FILE]", Action: inOrg(t, conversationSave),
				UsageText:   "ngoctl conversation save att_01k9v3m5w8x2y4z6a7b9c1d3e5\nngoctl conversation save att_01k9v3m5w8x2y4z6a7b9c1d3e5 letter.pdf",
				Description: "Without FILE it is called as it came. With \"-\" it goes to standard output.",
			},
		},
	})
}

func conversationList(ctx context.Context, c *call, s session) error {
	q := api.ConversationQuery{
		State: ngo.ConversationState(c.flags.String("state")), Channel: c.flags.String("channel"), Person: ngo.PersonID(c.flags.String("person")),
		Waiting: c.flags.Bool("waiting"), Sort: c.flags.String("sort"),
	}
	if q.Sort == "newest" {
		q.Sort = ""
	}
	return printPages(ctx, c, conversationColumns(time.Now()), func(ctx context.Context, page api.ListQuery) (api.Page[api.Conversation], error) {
		q.ListQuery = page
		return s.Conversations(ctx, s.org, q)
	})
}

func conversationColumns(now time.Time) []column[api.Conversation] {
	return []column[api.Conversation]{
		{name: "id", value: func(v api.Conversation) any { return v.ID }},
		{name: "last_at", spare: 2, value: func(v api.Conversation) any { return v.Last }},
		{name: "channel", spare: 4, value: func(v api.Conversation) any { return v.Channel }},
		{name: "name", wide: true, value: func(v api.Conversation) any { return conversationName(v) }},
		{name: "state", spare: 1, value: func(v api.Conversation) any { return v.State }},
		{name: "unread", spare: 3, value: func(v api.Conversation) any { return v.Unread }},
		{name: "waits", value: func(v api.Conversation) any { return since(v.Waiting, now) }},
		{name: "window", value: func(v api.Conversation) any { return countdown(v.Window, now) }},
		{name: "text", wide: true, value: func(v api.Conversation) any { return snippet(v) }},
	}
}

func conversationName(v api.Conversation) string {
	for _, name := range []string{v.PersonName, v.Name, v.Address.Value} {
		if name != "" {
			return name
		}
	}
	return string(v.Person)
}

// snippet is the beginning of the newest message, and what is wrong with the thread.
func snippet(v api.Conversation) string {
	text := v.Snippet
	if v.Subject != "" {
		text = v.Subject + ": " + text
	}
	if v.Mine {
		text = "you: " + text
	}
	if trouble := v.Trouble(); trouble != "" {
		text = trouble + " · " + text
	}
	if v.Stopped {
		text = "STOP · " + text
	}
	return text
}

// since tells how long ago a moment was, roughly: people compare it with their patience.
func since(at *time.Time, now time.Time) string {
	if at == nil {
		return ""
	}
	return span(now.Sub(*at))
}

// countdown tells how long a window stays open.
func countdown(w *api.Window, now time.Time) string {
	switch {
	case w == nil:
		return ""
	case w.Until == nil || !w.Until.After(now):
		return "shut"
	}
	return span(w.Until.Sub(now))
}

// span writes a duration in its two greatest units.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "<1m"
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

func conversationShow(ctx context.Context, c *call, s session) error {
	q := api.ListQuery{Limit: c.flags.Int("limit"), After: c.flags.String("after")}
	thread, err := s.Thread(ctx, s.org, ngo.ConversationID(c.arg(0)), q)
	if err != nil {
		return err
	}
	for c.flags.Bool("all") && thread.Next != "" {
		older, err := s.Thread(ctx, s.org, thread.ID, api.ListQuery{Limit: api.MaxLimit, After: thread.Next})
		if err != nil {
			return err
		}
		thread.Messages, thread.Next = append(older.Messages, thread.Messages...), older.Next
	}
	return c.thread(thread)
}

// thread prints a conversation: facts first, then its messages, so that the newest stand nearest to where one types.
func (c *call) thread(v api.Thread) error {
	now := time.Now()
	r := record{title: conversationName(v.Conversation), fields: []field{
		{"id", v.ID}, {"channel", v.Channel}, {"address", v.Address.Value}, {"subject", v.Subject}, {"state", v.State}, {"person", v.Root},
		{"waits", since(v.Waiting, now)}, {"window", countdown(v.Window, now)}, {"doubt", v.Doubt}, {"free_replies", freeReplies(v.Free)},
	}}
	if v.Stopped {
		r.fields = append(r.fields, field{"stopped", "They asked for no more than answers."})
	}
	if c.format != forPeople {
		messages := section{title: "message"}
		for _, m := range v.Messages {
			messages.rows = append(messages.rows, []any{m.At, who(v.Conversation, m), m.State, m.Said(), m.ID, strings.Join(remarks(m), " ")})
		}
		r.sections = []section{messages}
		return c.record(v, r)
	}
	if err := c.record(v, r); err != nil {
		return err
	}
	var b strings.Builder
	if v.Next != "" {
		fmt.Fprintf(&b, "\nThere are older ones: ngoctl conversation show %s --all\n", v.ID)
	}
	for _, m := range v.Messages {
		c.bubble(&b, v.Conversation, m)
	}
	_, err := io.WriteString(c.term.out, b.String())
	return err
}

func freeReplies(f *api.FreeReplies) string {
	if f == nil {
		return ""
	}
	return fmt.Sprintf("%s of %s left this month", ngo.FormatNumber(max(0, f.Of-f.Used)), ngo.FormatNumber(f.Of))
}

// bubble writes one message: who and when, what, and what became of it.
func (c *call) bubble(b *strings.Builder, v api.Conversation, m ngo.Message) {
	head := shown(m.At, c.zone) + "  " + ngo.Printable(who(v, m))
	if fate := m.Fate(time.Now()); fate != "" {
		head += "  · " + fate
	}
	b.WriteString("\n" + c.bold(head) + "\n")
	for line := range strings.Lines(strings.TrimRight(ngo.PrintableText(m.Said()), "\n")) {
		b.WriteString("  " + strings.TrimSuffix(line, "\n") + "\n")
	}
	for _, a := range m.Attachments {
		b.WriteString("  [" + ngo.Printable(attached(a)) + "]\n")
	}
	for _, line := range remarks(m) {
		b.WriteString("  " + ngo.Printable(line) + "\n")
	}
}

func who(v api.Conversation, m ngo.Message) string {
	switch {
	case m.Direction == ngo.Note:
		return "note by " + staff(m)
	case m.Direction == ngo.In:
		return conversationName(v)
	case m.Echo:
		return "sent from elsewhere"
	case m.Author != "":
		return staff(m)
	}
	return "ngoctl"
}

// attached tells of a file what one needs to get it.
func attached(a ngo.Attachment) string {
	parts := []string{a.Said()}
	if a.State == ngo.AttachmentKept {
		parts = append(parts, shownSize(size(a.Size)), string(a.ID))
	}
	if a.URL != "" {
		parts = append(parts, a.URL)
	}
	return strings.Join(parts, " · ")
}

// remarks is what one should know of a message besides.
func remarks(m ngo.Message) []string {
	out := m.Marks()
	for _, text := range m.Troubles() {
		out = append(out, "! "+text)
	}
	if m.State == ngo.MessageFailed && m.Retry {
		out = append(out, "try again: ngoctl conversation retry "+string(m.ID))
	}
	if m.State == ngo.MessageUncertain {
		out = append(out, "if it did not arrive: ngoctl conversation retry "+string(m.ID)+" --sure")
	}
	return out
}

// staff is who of ours wrote a message: a user by their name alone.
func staff(m ngo.Message) string { return strings.TrimPrefix(m.Author, "user:") }
