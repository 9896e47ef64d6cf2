package letter_test

import (
	"strings"
	"testing"
)

func TestQuotedPartIsSeparated(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		reply      string // all of the text when empty
		signature  string
	}{
		{"Gmail, Tamil", "ஆம், இருபது.\n\n2 நவ., 2026, திங். 9:00 AM அன்று, Example NGO <help@ngo.example.org> எழுதியது:\n\n> எத்தனை போர்வைகள்?", "ஆம், இருபது.", ""},
		{"Gmail, Tamil, wrapped", "ஆம்.\n\n2 நவ., 2026, திங். 9:00 AM அன்று, A Very Long Organisation Name\n<help@ngo.example.org> எழுதியது:\n\n> எத்தனை?", "ஆம்.", ""},
		{"Tamil, no marks", "ஆம்.\n\nதிங்., 2 நவ. 2026 அன்று Example NGO <help@ngo.example.org> எழுதியது:\nஎத்தனை?", "ஆம்.", ""},
		{"Tamil verb in one's own words", "பாட்டி எழுதியது:\nகதை ஒன்று.", "", ""},
		{"Gmail, Hindi, wrapped", "हाँ।\n\nसोम, 2 नव॰ 2026 को 9:00 am बजे को A Very Long Organisation\n<help@ngo.example.org> ने लिखा:\n\n> कितने?", "हाँ।", ""},
		{"Hindi digits", "हाँ।\n\nसोमवार, २ नवंबर २०२६ को आशा ने लिखा:\n> कितने?", "हाँ।", ""},
		{"Outlook, Hindi", "बीस।\n\n________________________________\nप्रेषक: Example NGO <help@ngo.example.org>\nभेजा गया: 02 नवंबर 2026 09:00\nप्रति: Asha\nविषय: कंबल\n\nकितने?", "बीस।", ""},
		{"Outlook, Tamil", "இருபது.\n\nஅனுப்புநர்: Example NGO <help@ngo.example.org>\nஅனுப்பப்பட்டது: 02 நவம்பர் 2026 09:00\nபெறுநர்: Asha\nபொருள்: போர்வைகள்\n\nஎத்தனை?", "இருபது.", ""},
		{"Outlook, English, bold", "Twenty.\n\n*From:* Example NGO\n*Sent:* Monday\n*To:* Asha\n*Subject:* Blankets\n\nHow many?", "Twenty.", ""},
		{"original message", "Twenty.\n\n-----Original Message-----\nFrom: NGO\nHow many?", "Twenty.", ""},
		{"original message, Hindi", "बीस\n\n----- मूल संदेश -----\nकितने?", "बीस", ""},
		{"original message, Tamil", "இருபது\n\n----- அசல் செய்தி -----\nஎத்தனை?", "இருபது", ""},
		{"forward with a word", "Please see below.\n\n---------- Forwarded message ---------\nFrom: X <x@y.org>\nDate: Mon\nSubject: Help\n\nWe need water.", "Please see below.", ""},
		{"forward without a word", "---------- Forwarded message ---------\nFrom: X <x@y.org>\nDate: Mon\nSubject: Help\n\nWe need water.", "", ""},
		{"Yahoo", "Yes\n\n    On Monday, 2 November, 2026 at 09:00:00 am IST, NGO <help@ngo.example.org> wrote:\n\nHow many?", "Yes", ""},
		{"an answer between", "Hello,\n\nOn Mon, 2 Nov 2026, NGO wrote:\n> How many?\nTwenty.\n> Where?\nTestpur.\n> Thanks\n> NGO", "Hello,\n\n> How many?\nTwenty.\n> Where?\nTestpur.", ""},
		{"marks that are his own", "Look:\n> shopping\n> list\nis what I meant", "", ""},
		{"all quoted", "> nothing\n> new", "", ""},
		{"a date and a verb in a story", "On 5 June my mother wrote:\ndear child", "", ""},
		{"signature", "Twenty.\n\n-- \nAsha\nTestpur", "Twenty.", "--\nAsha\nTestpur"},
		{"only a signature", "-- \nAsha", "", ""},
		{"phone, Hindi", "बीस\n\nमेरे iPhone से भेजा गया", "बीस", "मेरे iPhone से भेजा गया"},
		{"phone, Tamil", "இருபது\n\nஎனது iPhone இலிருந்து அனுப்பப்பட்டது", "இருபது", "எனது iPhone இலிருந்து அனுப்பப்பட்டது"},
		{"Outlook for phones", "20\n\nGet Outlook for Android<https://aka.ms/x>\n________________________________\nFrom: NGO\nSent: Monday\nTo: Asha\nSubject: B\n\nHow many?", "20", "Get Outlook for Android<https://aka.ms/x>"},
		{"From: in his own words", "From: the village\nTo: you all\nthank you", "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, from(tt.text, "Content-Type: text/plain; charset=utf-8"), options())
			if tt.reply == "" {
				tt.reply = l.Text
			}
			if l.Reply != tt.reply || l.Signature != tt.signature {
				t.Errorf("reply %q signature %q, want %q %q", l.Reply, l.Signature, tt.reply, tt.signature)
			}
			kept := l.Reply + l.Quote + l.Signature
			for line := range strings.SplitSeq(l.Text, "\n") {
				if !strings.Contains(kept, line) {
					t.Errorf("the line %q is in no part", line)
				}
			}
		})
	}
}

func TestPagesBecomeText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, page, want string }{
		{"paragraphs", "<p>One</p><p>Two<br>lines</p>", "One\n\nTwo\nlines"},
		{"blanks", "<div>a  b\n c<b> d</b>e</div>\n<div>f</div>", "a b c de\nf"},
		{"entities", "20 &lt; 30 &amp; &#8377;500 &nbsp;x", "20 < 30 & ₹500  x"},
		{"scripts, styles, comments", "<style>p{}</style><script>alert('</b>')</script><!-- no --><title>T</title>yes<noscript>no</noscript>", "yes"},
		{"a script that never ends", "yes<script>alert(1)", "yes"},
		{"hidden", `<div style="Display : none">no<div>no</div></div><span hidden>no</span>yes<img src="http://t.example/1.gif">`, "yes"},
		{"descriptions of pictures", `<img alt="our logo" src="http://x.example/a.png"> hello`, "[our logo] hello"},
		{"link elsewhere", `<a href="https://evil.example/x">https://bank.example</a>`, "https://bank.example <https://evil.example/x>"},
		{"link as it says", `<a href="https://www.ngo.example/">ngo.example</a> <a href="mailto:a@b.org">a@b.org</a>`, "ngo.example a@b.org"},
		{"link that would run", `<a href="javascript:alert(1)">press</a>`, "press"},
		{"lists", "<ol><li>one<li>two</ol><ul><li>three</ul>", "1. one\n2. two\n- three"},
		{"table", "<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"},
		{"preformatted", "<pre>a\n  b</pre>", "a\n  b"},
		{"quotes", "<div>Yes</div><blockquote><div>How many?<br><br>x</div><blockquote>Hi</blockquote></blockquote>no", "Yes\n> How many?\n>\n> x\n>> Hi\nno"},
		{"Yahoo's quote", `<div>Yes</div><div class="yahoo_quoted"><div>On Monday, NGO wrote:</div><div>How many?</div></div>`, "Yes\n> On Monday, NGO wrote:\n> How many?"},
		{"ends that nobody began", "</div></blockquote></ul></p>x</table>", "x"},
		{"escape sequences", "a&#27;[31mb\u202ec", "abc"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := read(t, from(tt.page, "Content-Type: text/html; charset=utf-8"), options())
			if l.Text != tt.want || !l.FromHTML {
				t.Errorf("%q, want %q", l.Text, tt.want)
			}
		})
	}
	l := read(t, from(`<div dir="ltr">ஆம்</div><div class="gmail_quote"><div class="gmail_attr">2 நவ., 2026 அன்று, NGO &lt;<a href="mailto:help@ngo.example.org">help@ngo.example.org</a>&gt; எழுதியது:<br></div><blockquote>எத்தனை?</blockquote></div>`,
		"Content-Type: text/html; charset=utf-8"), options())
	if l.Reply != "ஆம்" {
		t.Errorf("Gmail's page: reply %q of %q", l.Reply, l.Text)
	}
}
