package letter_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		header []string
		want   letter.Kind
		answer bool // by a machine
	}{
		{"a person", []string{"Subject: water"}, letter.Person, true},
		{"no answer wanted alone is a person's", []string{"X-Auto-Response-Suppress: All"}, letter.Person, true},
		{"not sent automatically", []string{"Auto-Submitted: No (a human)"}, letter.Person, true},
		{"a newer word", []string{"Auto-Submitted: auto-notified"}, letter.Automatic, false},
		{"no sender", []string{"Return-Path: < >"}, letter.Automatic, false},
		{"Exchange's rules", []string{"X-MS-Exchange-Inbox-Rules-Loop: a@b"}, letter.Automatic, false},
		{"Tamil words", []string{"Subject: தானியங்கு பதில்: ரசீது"}, letter.Perhaps, false},
		{"a list", []string{"List-Id: <x.y>"}, letter.List, false},
		{"a newsletter with a list's id", []string{"List-Id: <x.y>", "List-Unsubscribe: <mailto:u@y>"}, letter.Bulk, false},
		{"junk", []string{"Precedence: junk"}, letter.Bulk, false},
		{"a loop that is not ours", []string{"X-Loop: somebody@else.example"}, letter.Person, true},
		{"our mark on a stranger's mail", []string{"X-Loop: help@ngo.example.org"}, letter.Person, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, from("x", tt.header...), options())
			if l.Kind != tt.want || l.Answerable(options().Ours) != tt.answer {
				t.Errorf("%s, answerable %v; want %s, %v", l.Kind, l.Answerable(options().Ours), tt.want, tt.answer)
			}
		})
	}
	for mail, want := range map[string]letter.Kind{
		"From: help@ngo.example.org\nMessage-ID: <out1@NGO.example.org>\n\nx": letter.Own,
		"From: help@ngo.example.org\nX-Loop: help@ngo.example.org\n\nx":       letter.Own,
		"From: help@ngo.example.org\nMessage-ID: <other@pc>\n\nx":             letter.Person, // a colleague, or a lie; not to be dropped
		"From: mallory@evil.example\nMessage-ID: <out1@ngo.example.org>\n\nx": letter.Person,
		"From: No-Reply+7@bank.example\n\nx":                                  letter.Automatic,
	} {
		l := read(t, []byte(mail), options())
		if l.Kind != want {
			t.Errorf("%q: %s, want %s", mail, l.Kind, want)
		}
		if strings.Contains(mail, "From: help@ngo") && l.Answerable(options().Ours) {
			t.Errorf("%q: we would answer ourselves", mail)
		}
	}
}

func TestBouncesInWords(t *testing.T) {
	t.Parallel()
	daemon := "From: MAILER-DAEMON@mx.example.net\nTo: help@ngo.example.org\nReturn-Path: <>\n"
	for _, tt := range []struct {
		name, mail string
		kind       letter.Kind
		want       letter.Bounce // without Said
		about      string
	}{
		{"qmail", daemon + "Subject: failure notice\n\nHi. This is the qmail-send program at mx.example.net.\nI'm afraid I wasn't able to deliver your message to the following addresses.\n\n<gone@example.org>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.1.1 No such user here\nGiving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <help@ngo.example.org>\nMessage-ID: <out9@ngo.example.org>\nTo: gone@example.org\n",
			letter.Bounced, letter.Bounce{Recipient: "gone@example.org", Status: "5.1.1", Permanent: true, Cause: letter.NoAddress}, "out9@ngo.example.org"},
		{"Exim", daemon + "X-Failed-Recipients: full@example.org\nAuto-Submitted: auto-replied\nSubject: Mail delivery failed: returning message to sender\n\nThis message was created automatically by mail delivery software.\n\n  full@example.org\n    SMTP error from remote mail server after RCPT TO:\n    452 4.2.2 Mailbox full\n\n------ This is a copy of the message, including all the headers. ------\n\nMessage-Id: <out3@ngo.example.org>\n",
			letter.Bounced, letter.Bounce{Recipient: "full@example.org", Status: "4.2.2", Cause: letter.Full}, "out3@ngo.example.org"},
		{"delayed", daemon + "Subject: Warning: message delayed 24 hours\n\nYour message to slow@example.org has been delayed; delivery will be retried.\nconnection timed out\n",
			letter.Delayed, letter.Bounce{Recipient: "slow@example.org", Delayed: true, Cause: letter.Unreached}, ""},
		{"spam", daemon + "In-Reply-To: <out4@ngo.example.org>\nSubject: Undeliverable: receipt\n\nThe message to x@example.org: 554 5.7.1 listed at zen.spamhaus.org\n",
			letter.Bounced, letter.Bounce{Recipient: "x@example.org", Status: "5.7.1", Permanent: true, Cause: letter.Spam}, "out4@ngo.example.org"},
		{"says nothing", daemon + "Subject: Undelivered Mail\n\nSorry.\n", letter.Bounced, letter.Bounce{Permanent: true, Cause: letter.Unknown}, ""},
		{"a person who writes of one", "From: asha@example.org\nReturn-Path: <asha@example.org>\nSubject: Undeliverable mail?\n\nMy mail to you bounced: 550 5.1.1 help@example.org\n", letter.Person, letter.Bounce{}, ""},
		{"some went well", daemon + "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; x\n\nFinal-Recipient: rfc822; ok@example.org\nAction: delivered\nStatus: 2.0.0\n--b--\n", letter.Automatic, letter.Bounce{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, []byte(tt.mail), options())
			var got letter.Bounce
			if len(l.Bounces) > 0 {
				got = l.Bounces[0]
			}
			got.Said = ""
			if l.Kind != tt.kind || got != tt.want || l.About != tt.about {
				t.Errorf("%s %+v about %q, want %s %+v %q", l.Kind, l.Bounces, l.About, tt.kind, tt.want, tt.about)
			}
		})
	}
	for _, c := range []letter.Cause{letter.NoAddress, letter.Full, letter.TooLarge, letter.Spam, letter.Refused, letter.Suppressed, letter.Unreached, letter.Disabled} {
		if (letter.Bounce{Cause: c}).Reason() == (letter.Bounce{Cause: letter.Unknown}).Reason() {
			t.Errorf("%s has no words of its own", c)
		}
	}
}

// report builds a report of a machine part and the mail it is about.
func report(kind, machine, original string) string {
	return "From: mailer-daemon@mx.example.net\nContent-Type: multipart/report; report-type=" + kind + "; boundary=b\n\n--b\n\nSorry.\n--b\n" +
		"Content-Type: message/" + kind + "\n\n" + machine + "\n--b\nContent-Type: message/rfc822\n\n" + original + "\n\nwords\n--b--\n"
}

func TestReportsOfTheStandard(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind, machine string
		want          letter.Kind
		about         string
	}{
		"bounce":             {"delivery-status", "Reporting-MTA: dns; x\n\nFinal-Recipient: utf-8; ஆஷா@example.org\nAction: Failed\nStatus: 5.2.2\nDiagnostic-Code: smtp; 552 5.2.2 over\n quota\n", letter.Bounced, "out1@ngo.example.org"},
		"read receipt":       {"disposition-notification", "Final-Recipient: rfc822; a@b.org\nOriginal-Message-ID: <out2@ngo.example.org>\nDisposition: manual-action/x; displayed\n", letter.Seen, "out2@ngo.example.org"},
		"an unnamed receipt": {"disposition-notification", "Disposition: manual-action/x; displayed\n", letter.Seen, "out1@ngo.example.org"},
		"complaint":          {"feedback-report", "Feedback-Type: abuse\n", letter.Complaint, "out1@ngo.example.org"},
	} {
		l := read(t, []byte(report(tt.kind, tt.machine, "Message-ID: <out1@ngo.example.org>\nTo: a@b.org")), options())
		if l.Kind != tt.want || l.About != tt.about || l.Text != "Sorry." || len(l.Attachments) > 0 {
			t.Errorf("%s: %s about %q, text %q, %+v", name, l.Kind, l.About, l.Text, l.Attachments)
		}
		if name == "bounce" && (len(l.Bounces) != 1 || l.Bounces[0] != letter.Bounce{Recipient: "ஆஷா@example.org", Status: "5.2.2", Permanent: true, Cause: letter.Full, Said: "552 5.2.2 over quota"}) {
			t.Errorf("%s: %+v", name, l.Bounces)
		}
	}
}

func TestCauseOfABounce(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status, said string
		want         letter.Cause
		permanent    bool
	}{
		{"5.1.1", "", letter.NoAddress, true},
		{"5.1.8", "", letter.Refused, true},
		{"5.2.1", "", letter.Disabled, true},
		{"4.2.2", "", letter.Full, false},
		{"5.3.4", "", letter.TooLarge, true},
		{"4.4.1", "", letter.Unreached, false},
		{"5.7.26", "", letter.Refused, true},
		{"5.5.0", "", letter.Unknown, true},
		{"", "smtp; 421 try again later", letter.Unreached, false},
		{"", "smtp; 550 no", letter.Unknown, true},
		{"5.0.0", "smtp; 550-5.1.1 The email account that you tried to reach does not exist.", letter.NoAddress, true},
		{"5.7.1", "smtp; 550 message rejected as spam", letter.Spam, true},
	} {
		machine := "X: y\n\nFinal-Recipient: rfc822; a@b.org\nAction: failed\nStatus: " + tt.status + "\nDiagnostic-Code: " + tt.said + "\n"
		l := read(t, []byte(report("delivery-status", machine, "To: a@b.org")), options())
		if len(l.Bounces) != 1 || l.Bounces[0].Cause != tt.want || l.Bounces[0].Permanent != tt.permanent {
			t.Errorf("%s %q: %+v, want %s, permanent %v", tt.status, tt.said, l.Bounces, tt.want, tt.permanent)
		}
	}
}

func TestOnlyOurServerProves(t *testing.T) {
	t.Parallel()
	const ours = "Authentication-Results: mx.ngo.example.org 1; spf=pass (a; dmarc=fail) x=y; dkim=fail; dkim=pass; dmarc=pass\r\n"
	for _, tt := range []struct {
		name, mail string
		want       letter.Proof
	}{
		{"ours", ours + "Received: from x by mx.ngo.example.org; now\r\n", letter.Proof{SPF: "pass", DKIM: "pass", DMARC: "pass"}},
		{"below our Received line", "Received: from x by mx.ngo.example.org; now\r\nReceived: by 10.0.0.1; now\r\n" + ours, letter.Proof{SPF: "pass", DKIM: "pass", DMARC: "pass"}},
		{"below a foreign one", "Received: from x by mx.evil.example; now\r\n" + ours, letter.Proof{}},
		{"another server's", "Authentication-Results: mx.evil.example; dmarc=pass\r\n", letter.Proof{}},
		{"none", "", letter.Proof{}},
	} {
		l := read(t, []byte(tt.mail+"From: a@b.org\r\n\r\nx"), options())
		if l.Proof != tt.want || l.Proof.Proven() != (tt.want.DMARC == "pass") {
			t.Errorf("%s: %+v, want %+v", tt.name, l.Proof, tt.want)
		}
	}
}

func TestBaseSubject(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		subject, base string
		answer        bool
	}{
		{"Water", "Water", false},
		{"Re: Water", "Water", true},
		{"RE[2]: AW: Fwd : Water (fwd)", "Water", true},
		{"[vols] Re: [vols] Sunday", "Sunday", true},
		{"उत्तर: रसीद", "रसीद", true},
		{"பதில்: ரசீது", "ரசீது", true},
		{"回复：水", "水", true},
		{"Re:", "", true},
		{"[urgent]", "[urgent]", false},
		{"Receipt: 80G", "Receipt: 80G", false},
	} {
		if base, answer := letter.BaseSubject(tt.subject); base != tt.base || answer != tt.answer {
			t.Errorf("BaseSubject(%q) = %q, %v; want %q, %v", tt.subject, base, answer, tt.base, tt.answer)
		}
	}
}

// The facts of a Letter must be enough to thread by: here by the plainest rules that do.
func TestThreadsCanBeMadeOfWhatIsRead(t *testing.T) {
	t.Parallel()
	for _, dir := range files(t, "threads/*") {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			t.Parallel()
			var want struct {
				Same, Different [][]string
				Stored          int
				Arrival         []string
				Aliases         map[string]string
				Note            string
			}
			raw, err := os.ReadFile(filepath.Join(dir, "expected.json"))
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &want); err != nil {
				t.Fatal(err)
			}
			mails, err := filepath.Glob(filepath.Join(dir, "*.eml"))
			if err != nil || len(mails) == 0 {
				t.Fatalf("no mails: %v", err)
			}
			th := threads{of: map[string]string{}, aliases: want.Aliases}
			got, digests := map[string]string{}, map[string]bool{}
			for _, name := range mails {
				l := readFile(t, name)
				digests[l.ID+l.Digest] = true
				got[strings.TrimSuffix(filepath.Base(name), ".eml")] = th.add(l)
			}
			for _, group := range want.Same {
				for _, m := range group {
					if th.root(got[m]) != th.root(got[group[0]]) {
						t.Errorf("%s and %s are in two threads", m, group[0])
					}
				}
			}
			for _, pair := range want.Different {
				if th.root(got[pair[0]]) == th.root(got[pair[1]]) {
					t.Errorf("%q are in one thread", pair)
				}
			}
			if want.Stored > 0 && len(digests) != want.Stored {
				t.Errorf("%d mails to store, want %d", len(digests), want.Stored)
			}
		})
	}
}

type threads struct {
	of       map[string]string // id → parent
	aliases  map[string]string
	subjects []subject
}

type subject struct {
	base, id string
	people   []string
}

func (th *threads) root(id string) string {
	for th.of[id] != "" && th.of[id] != id {
		id = th.of[id]
	}
	return id
}

func (th *threads) join(a, b string) {
	if a, b = th.root(a), th.root(b); a != b {
		th.of[a] = b
	}
}

func (th *threads) add(l *letter.Letter) string {
	for ours, alias := range th.aliases {
		if strings.Trim(ours, "<>") == l.ID {
			th.join(alias, l.ID)
		}
	}
	links := slices.Concat(l.References, l.InReplyTo)
	for _, token := range append(bare(l.ReplyTo), bare(l.To)...) {
		if t := options().Token(token); t != "" {
			links = append(links, "token "+t)
		}
	}
	for _, id := range links {
		th.join(id, l.ID)
		local, _, _ := strings.Cut(id, "@")
		th.join(local, l.ID)
	}
	base, answer := letter.BaseSubject(l.Subject)
	people := slices.Concat(bare(l.From), bare(l.To))
	if answer && len(links) == 0 {
		for _, s := range th.subjects {
			if s.base == base && slices.Contains(s.people, l.From[0].Address) {
				th.join(s.id, l.ID)
				break
			}
		}
	}
	if len(links) == 0 {
		th.subjects = append(th.subjects, subject{base, l.ID, people})
	}
	return l.ID
}
