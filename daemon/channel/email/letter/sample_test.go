package letter_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/channel/email/letter"
)

// found is what others' samples must give. Empty is not checked, but for the attachments and the bounce: "recipient status
// cause", with "delayed" or "transient" where it is so.
type found struct {
	kind    letter.Kind // Person when empty
	from    string
	subject string
	text    string // within it
	files   []string
	bounce  []string
	about   string
	faulty  bool
}

var hello = found{from: "jdoe@machine.example", subject: "Saying Hello", text: "This is a message just to say hello.\nSo, \"Hello\"."}

// others says what is found in each mail; a sample without a row is a failure.
var others = map[string]found{
	"enmime/attachment-only-text-attachment.eml":            {from: "alice@test.com", files: []string{"test.csv text/plain 10"}},
	"enmime/attachment-only.eml":                            {files: []string{"favicon.jpg image/png 687"}},
	"enmime/bad-final-boundary.eml":                         {text: "A text section", files: []string{"foo_9E5D72.zip text/html 7"}},
	"enmime/bad-header-start.eml":                           {from: "sender@example.org", text: "A text section"},
	"enmime/bad-header-wrap.eml":                            {text: "A text section", files: []string{"7DDA4_foo_9E5D72.zip text/html 7"}, faulty: true},
	"enmime/badboundary.eml":                                {text: "A text section", faulty: true},
	"enmime/delayed_dsn.eml":                                {kind: letter.Delayed, bounce: []string{"rcpt-e@e.example.ac.uk 4.0.0 unknown delayed"}},
	"enmime/dsn_with_multipart_alternative.eml":             {kind: letter.Bounced, bounce: []string{"non-existing@example.com 5.1.10 no_address"}},
	"enmime/empty-ctype-bad-content.eml":                    {text: "Please do not reply to this e-mail message.", faulty: true},
	"enmime/empty-header.eml":                               {text: "A text section"},
	"enmime/epilogue-sample.eml":                            {text: "A text section", files: []string{"test.html text/html 7"}},
	"enmime/erroneous.eml":                                  {text: "// Not an RFC-822 Document", faulty: true},
	"enmime/extra-base64-character.eml":                     {text: "Hello World!", faulty: true},
	"enmime/html-mime-bad-charset-inline.eml":               {text: "Test of text section", files: []string{"favicon.png image/png 687"}},
	"enmime/incorrect-charset.eml":                          {text: "∮ E⋅da = Q,  n → ∞, ∑ f(i) = ∏ g(i)"},
	"enmime/inlinemultipart.eml":                            {text: "Simple text.", files: []string{"test.pdf application/pdf 524", "test.txt text/plain 18"}, faulty: true},
	"enmime/malformed-base64-attach.eml":                    {text: "A text section", files: []string{"some.doc text/html 7"}},
	"enmime/malformed-multiple-address-header-values.eml":   {from: "bob@extern", text: "Simple text.", files: []string{"test.pdf application/pdf 524", "test.txt text/plain 18"}, faulty: true},
	"enmime/mime-alternative.eml":                           {text: "Section one"},
	"enmime/mime-bad-8bit-filename.eml":                     {text: "Text part", files: []string{"管理.doc text/html 7"}},
	"enmime/mime-bad-content-transfer-encoding.eml":         {text: "ploozdect  nispplul swunkglap zarplontruskdremp fruftsist", faulty: true},
	"enmime/mime-mixed-related.eml":                         {text: "html1\n\n----\n\nhtml2"},
	"enmime/missing-closing-param-quote.eml":                {faulty: true},
	"enmime/missing-content-type.eml":                       {text: "A plain text email"},
	"enmime/missing-content-type2.eml":                      {text: "A text section"},
	"enmime/multi-malformed.eml":                            {text: "Section one\n\nI'm section without headers\n\nSection two", faulty: true},
	"enmime/multi_recipient_dsn.eml":                        {kind: letter.Bounced, bounce: []string{"rcpt-c@c.example.com 5.0.0 no_address", "rcpt-d@d.example.com 4.0.0 unknown delayed", "rcpt-b@b.example.edu 5.0.0 no_address"}},
	"enmime/multimixed-no-closing-boundary.eml":             {text: "Hello,", faulty: true},
	"enmime/multipart-wo-boundary.eml":                      {kind: letter.Bounced, text: "I'm  multipart message without boundary", bounce: []string{"  unknown"}, faulty: true},
	"enmime/nestedmulti.eml":                                {text: "A text section", files: []string{"attach.txt text/plain 25", "attach2.txt text/plain 30"}, faulty: true},
	"enmime/non-mime-html-charset-header-only.eml":          {text: "Test Müller", faulty: true},
	"enmime/non-mime-missing-charset.eml":                   {text: "Unencoded Euro Sign: €"},
	"enmime/qp-ascii-header.eml":                            {subject: "Test QP Subject!", text: "This is a test mailing"},
	"enmime/qp-utf8-header-recursed.eml":                    {from: "sender@example.com", subject: "MIME UTF8 Test ¢ More Text", text: "Lorem ipsum dolor sit amet"},
	"enmime/quoted-printable-invalid.eml":                   {text: "?ie=UTF8&psc=1\n\nStuffs’s Weekly Summary", faulty: true},
	"enmime/quoted-printable.eml":                           {text: "Lorem ipsum dolor sit amet, consectetur adipiscing elit. Phasellus sit amet arcu"},
	"enmime/similar-boundary.eml":                           {text: "Section one\n\nA text section", faulty: true},
	"enmime/simple_dsn.eml":                                 {kind: letter.Bounced, bounce: []string{"rcpt-a@a.example.edu 4.0.0 unreached transient"}},
	"enmime/simple_dsn_with_html.eml":                       {kind: letter.Bounced, text: "[human-readable explanation goes here]", bounce: []string{"rcpt-a@a.example.edu 4.0.0 unreached transient"}},
	"enmime/unk-charset-html-only.eml":                      {text: "Hello World!"},
	"enmime/unk-charset-part.eml":                           {text: "A text section", files: []string{"foo_9E5D72.zip text/html 7"}},
	"enmime/unk-encoding-part.eml":                          {text: "A text section", files: []string{"foo_9E5D72.zip text/plain 13"}, faulty: true},
	"enmime/unknown-part-type.eml":                          {text: "A text section", files: []string{"B05.gif image/gif 123"}},
	"mailparser/base64encodedroot.eml":                      {from: "test@example.com", files: []string{"screenshot.png image/png 425"}, faulty: true},
	"mailparser/decoderended.eml":                           {text: "Note: forwarded message attached.", files: []string{"part-1.eml text/plain 0"}},
	"mailparser/delivery-status.eml":                        {kind: letter.Bounced, bounce: []string{"xxxx@xxxx.com 5.1.1 suppressed"}, about: "xxxxx@email.amazonses.com"},
	"mailparser/mixed.eml":                                  {text: "scanned for Viruses and Content and cleared\n\nGood Morning;", faulty: true},
	"mailparser/nested.eml":                                 {text: "Dear Sir,\n\nGood evening.\n\nThe footer", faulty: true},
	"mikel-mail/attachment_content_location.eml":            {text: "This is the first part.", files: []string{"Photo25.jpg application/octet-stream 227"}},
	"mikel-mail/attachment_message_rfc822_inline_image.eml": {files: []string{"img.png image/png 370", "Testmail.eml text/plain 1851"}},
	"mikel-mail/attachment_nonascii_filename.eml":           {text: "This is the first part.", files: []string{"ciële.txt text/plain 11"}},
	"mikel-mail/bad_encoded_subject.eml":                    {subject: "TEST", text: "TEST", faulty: true},
	"mikel-mail/email_with_similar_boundaries.eml":          {text: "Test", files: []string{"LOGO.png application/octet-stream 3"}},
	"mikel-mail/example01.eml":                              hello,
	"mikel-mail/example02.eml":                              hello,
	"mikel-mail/example03.eml":                              {from: "john.q.public@example.com", text: "Hi everyone."},
	"mikel-mail/example04.eml":                              {from: "pete@silly.example", text: "Testing."},
	"mikel-mail/example05.eml":                              hello,
	"mikel-mail/example06.eml":                              {from: "mary@example.net", subject: "Re: Saying Hello", text: "This is a reply to your hello."},
	"mikel-mail/example07.eml":                              {subject: "Re: Saying Hello", text: "This is a reply to your reply."},
	"mikel-mail/example08.eml":                              hello,
	"mikel-mail/example09.eml":                              hello,
	"mikel-mail/example10.eml":                              {from: "pete@silly.test", text: "Testing."},
	"mikel-mail/example11.eml":                              {from: "john.q.public@example.com", text: "Hi everyone."},
	"mikel-mail/example12.eml":                              hello,
	"mikel-mail/example13.eml":                              {from: hello.from, subject: hello.subject, text: hello.text, faulty: true},
	"mikel-mail/japanese.eml":                               {from: "person@example.org", subject: "まみむめも", text: "かきくえこ", faulty: true},
	"mikel-mail/japanese_attachment.eml":                    {text: "testing", files: []string{"てすと.txt text/plain 33"}},
	"mikel-mail/japanese_attachment_long_name.eml":          {files: []string{"かきくけこかきくけこかきくけこかきくけこかきくけこ.txt text/plain 18"}},
	"mikel-mail/japanese_iso_2022.eml":                      {text: "すみません。", faulty: true},
	"mikel-mail/japanese_shift_jis.eml":                     {text: "あいうえお\n\nこのメールはテスト用のメールです。"},
	"mikel-mail/ks_c_5601-1987.eml":                         {text: "스티해"},
	"mikel-mail/missing_body.eml":                           {from: "redacted@attglobal.net", subject: "REDACTED", faulty: true},
	"mikel-mail/multiple_content_types.eml":                 {text: "foo", faulty: true},
	"mikel-mail/multiple_references_with_one_invalid.eml":   {text: "foo", faulty: true},
	"mikel-mail/new_line_in_to_header.eml":                  {from: "l@gcn-example.com", text: "<prospect>"},
	"mikel-mail/raw_email_quoted_with_0d0a.eml":             {text: "Inbound user ID XXXXXXXXXX, routing code XXXXXXXXX\nResult:"},
	"mikel-mail/raw_email_reply.eml":                        {text: "Message body"},
	"mikel-mail/two_from_in_message.eml":                    {from: "tester1@test.com", text: "When sending email:\n* From Hotmail"},
	"mikel-mail/utf8_headers.eml":                           {from: "jdöe@mächine.example", subject: "Säying Hello", text: "body", faulty: true},
	"mikel-mail/weird_to_header.eml":                        {from: "anonymous@i.tp.host", text: "PAGE THEY WERE ON:"},
	"sisimai/arf-01.eml":                                    {kind: letter.Complaint, text: "This is an email abuse report"},
	"sisimai/arf-11.eml":                                    {kind: letter.Complaint, about: "ffffffffffffffffffffffffff0000000000@example.net"},
	"sisimai/lhost-amazonses-01.eml":                        {kind: letter.Bounced, bounce: []string{"shironeko@example.co.jp 5.1.0 no_address"}, about: "000001321defbd2a-788e31c8-2be1-422f-a8d4-cf7765cc9ed7-000000@email.amazonses.com"},
	"sisimai/lhost-exchange2007-01.eml":                     {kind: letter.Bounced, bounce: []string{"mikeneko@example.co.jp 5.1.1 no_address"}},
	"sisimai/lhost-gmail-01.eml":                            {kind: letter.Bounced, bounce: []string{"userunknown@example.jp 5.1.1 no_address"}, about: "D992C2C3-F175-4C4D-97E2-53A90E4E5BF5@gmail.com"},
	"sisimai/lhost-office365-01.eml":                        {kind: letter.Bounced, bounce: []string{"kijitora@example.com 5.1.10 no_address"}, about: "FFFFFFFF.EEEEEEEE@example.ed.jp"},
	"sisimai/lhost-postfix-01.eml":                          {kind: letter.Bounced, bounce: []string{"kijitora@example.org 5.1.1 no_address"}},
	"sisimai/rfc3464-01.eml":                                {kind: letter.Bounced, bounce: []string{"userunknown@bouncehammer.jp 5.1.1 no_address"}, about: "E1C50F1B-1C83-4820-BC36-AC6FBFBE8568@example.org"},
	"sisimai/rfc3834-01.eml":                                {kind: letter.Automatic, text: "I am currently away"},
	"sisimai/rfc3834-02.eml":                                {kind: letter.Automatic, text: "I'm out of the office Friday."},
	"sisimai/rfc3834-03.eml":                                {kind: letter.Automatic, text: "I'm only sleeping."},
	"sisimai/rfc3834-04.eml":                                {kind: letter.Automatic, text: "I will have intermittent access to email"},
}

var folders = []string{"enmime", "mailparser", "mikel-mail", "sisimai"}

// With NGOCTL_FIXTURES set, the samples of other mail readers are read where they lie.
func TestOthersSamplesAreReadSensibly(t *testing.T) {
	t.Parallel()
	for _, folder := range files(t, "*") {
		if name := filepath.Base(folder); !slices.Contains([]string{"authored", "threads"}, name) && !slices.Contains(folders, name) {
			t.Errorf("nobody reads the samples in %s", name)
		}
	}
	seen := 0
	for _, folder := range folders {
		for _, path := range files(t, folder+"/*.eml") {
			name := folder + "/" + filepath.Base(path)
			want, ok := others[name]
			if !ok {
				t.Errorf("%s has no row here", name)
				continue
			}
			seen++
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				checkFound(t, readFile(t, path), want)
			})
		}
	}
	if seen != len(others) {
		t.Errorf("%d mails for %d rows", seen, len(others))
	}
}

func checkFound(t *testing.T, l *letter.Letter, want found) {
	t.Helper()
	if want.kind == "" {
		want.kind = letter.Person
	}
	var attached, bounced []string
	for _, a := range l.Attachments {
		attached = append(attached, fmt.Sprintf("%s %s %d", a.Name, a.Type, a.Size))
	}
	for _, b := range l.Bounces {
		row := fmt.Sprintf("%s %s %s", b.Recipient, b.Status, b.Cause)
		switch {
		case b.Delayed:
			row += " delayed"
		case !b.Permanent:
			row += " transient"
		}
		bounced = append(bounced, row)
	}
	if l.Kind != want.kind || l.About != want.about || !slices.Equal(bounced, want.bounce) {
		t.Errorf("kind %s about %q bounces %q, want %s %q %q", l.Kind, l.About, bounced, want.kind, want.about, want.bounce)
	}
	if want.from != "" && (len(l.From) == 0 || l.From[0].Address != want.from) {
		t.Errorf("from %v, want %s", l.From, want.from)
	}
	if want.subject != "" && l.Subject != want.subject {
		t.Errorf("subject %q, want %q", l.Subject, want.subject)
	}
	if !strings.Contains(l.Text, want.text) || want.text != "" && l.Reply == "" {
		t.Errorf("text %q reply %q, want %q in it", l.Text, l.Reply, want.text)
	}
	if !slices.Equal(attached, want.files) {
		t.Errorf("attachments %q, want %q", attached, want.files)
	}
	if (len(l.Faults) > 0) != want.faulty {
		t.Errorf("faults %q, want some: %v", l.Faults, want.faulty)
	}
}
