package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ngoctl/ngoctl/daemon/sim"
)

// The command of scripts about mail that comes. The mailbox is office@sevai.example, on loopback at $IMAP; its user is office, the
// password is in the file imap-password, and the server that checks senders is $CHECKS. What is sent goes to $SMTP.
//
//	post write FROM SUBJECT TEXT   somebody writes
//	post answer TO TEXT            they answer the last mail that went to them
//	post steal TO FROM TEXT        somebody else answers it, who has seen the address for answers
//	post away TO TEXT              their machine answers it
//	post bounce TO STATUS          their mail server sends it back
//	post got N TO REGEXP           waits until N mails to them match
//	post hang|heal|cut|renumber    what goes wrong with the mailbox
type mailbox struct {
	*sim.IMAP
	out *sim.SMTP
}

type mailboxKey struct{}

// setUpMailbox starts the double.
func setUpMailbox(e *testscript.Env, out *sim.SMTP) error {
	in, err := sim.NewIMAP(sim.IMAPOptions{})
	if err != nil {
		return err
	}
	e.Defer(in.Close)
	e.Values[mailboxKey{}] = &mailbox{in, out}
	v := in.Values()
	e.Setenv("IMAP", in.Addr())
	e.Setenv("CHECKS", v["checks"])
	return os.WriteFile(filepath.Join(e.WorkDir, "imap-password"), []byte(v["imap-password"]+"\n"), 0o600)
}

// postVerbs has how many words follow each verb.
var postVerbs = map[string]struct {
	words int
	do    func(*mailbox, *testscript.TestScript, []string)
}{
	"write": {3, (*mailbox).write}, "answer": {2, (*mailbox).answer}, "steal": {3, (*mailbox).steal}, "away": {2, (*mailbox).away},
	"bounce": {2, (*mailbox).bounce}, "got": {3, (*mailbox).got},
	"hang":     {0, func(b *mailbox, _ *testscript.TestScript, _ []string) { b.Hang() }},
	"heal":     {0, func(b *mailbox, _ *testscript.TestScript, _ []string) { b.Heal() }},
	"cut":      {0, func(b *mailbox, _ *testscript.TestScript, _ []string) { b.Cut() }},
	"renumber": {0, func(b *mailbox, ts *testscript.TestScript, _ []string) { ts.Check(b.Renumber()) }},
}

func postCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: post VERB …")
	}
	verb, ok := postVerbs[args[0]]
	if !ok || len(args)-1 != verb.words {
		ts.Fatalf("post %v: there is no such verb, or it wants other words", args)
	}
	verb.do(ts.Value(mailboxKey{}).(*mailbox), ts, args[1:])
}

// last is the last mail that went to somebody, once there is one.
func (b *mailbox) last(ts *testscript.TestScript, to string) sim.Mail {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	theirs := func(m sim.Mail) bool { return slices.Contains(m.To, to) }
	last, err := b.out.Await(ctx, theirs)
	ts.Check(err)
	for _, m := range b.out.Mails() {
		if theirs(m) {
			last = m
		}
	}
	return last
}

func (b *mailbox) write(_ *testscript.TestScript, args []string) {
	b.Put(sim.Letter{From: args[0], Subject: args[1], Text: args[2]})
}

func (b *mailbox) answer(ts *testscript.TestScript, args []string) {
	b.Answer(b.last(ts, args[0]), sim.Letter{Text: args[1]})
}

func (b *mailbox) steal(ts *testscript.TestScript, args []string) {
	b.Answer(b.last(ts, args[0]), sim.Letter{From: args[1], Text: args[2], Forged: true})
}

func (b *mailbox) away(ts *testscript.TestScript, args []string) {
	b.Away(b.last(ts, args[0]), args[1])
}

func (b *mailbox) bounce(ts *testscript.TestScript, args []string) {
	b.Bounce(b.last(ts, args[0]), args[1], "550 "+args[1]+" no such user here")
}

func (b *mailbox) got(ts *testscript.TestScript, args []string) {
	want, err := regexp.Compile("(?m)" + args[2])
	ts.Check(err)
	again(ts, func(context.Context) error {
		n, all := 0, ""
		for _, m := range b.out.Mails() {
			if !slices.Contains(m.To, args[1]) {
				continue
			}
			unfolded := strings.ReplaceAll(string(m.Data), "\r\n ", " ")
			all += unfolded + "\n"
			if want.MatchString(unfolded) {
				n++
			}
		}
		if fmt.Sprint(n) != args[0] {
			return fmt.Errorf("%d mails to %s match %s, want %s, of:\n%s", n, args[1], want, args[0], all)
		}
		return nil
	})
}
