package sim

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"slices"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// MorningNumber is what somebody writes on a morning and nobody may keep: it has the check digit of an Aadhaar number.
const MorningNumber = "8352 7149 6041"

var morningTemplates = []WhatsAppTemplate{
	{Name: "thank_you", Language: "ta", Body: "வணக்கம் {{1}}, உங்கள் நன்கொடைக்கு நன்றி.", Footer: "Sevai Trust"},
	{Name: "thank_you", Language: "hi", Body: "नमस्ते {{1}}, आपके दान के लिए धन्यवाद।", Footer: "Sevai Trust"},
	{Name: "thank_you", Language: "en", Body: "Dear {{1}}, thank you for your gift.", Footer: "Sevai Trust"},
	{Name: "we_answer", Language: "hi", Body: "नमस्ते {{1}}, आपने हमें लिखा था। क्या हम अब आपकी मदद कर सकते हैं?", Buttons: []string{"हाँ", "नहीं"}},
	{Name: "we_answer", Language: "en", Body: "Dear {{1}}, you wrote to us. May we still help you?", Buttons: []string{"Yes", "No"}},
	{Name: "summer_appeal", Language: "en", Category: "MARKETING", Body: "Dear {{1}}, this summer we feed 400 children. Will you join us?"},
}

// The answers of staff.
const (
	toMeena   = "வணக்கம் மீனா, ரசீது உங்கள் மின்னஞ்சலுக்கு சென்றுள்ளது. Spam கோப்புறையையும் பாருங்கள்."
	toSelvi   = "வணக்கம் செல்வி, புதன்கிழமை காலை முகாம் நடக்கிறது. உங்கள் தொலைபேசி எண்ணைப் பகிர முடியுமா?"
	toSunita  = "धन्यवाद सुनीता जी। राशन कार्ड साफ़ दिख रहा है, हम आज ही फ़ॉर्म भर देंगे।"
	toFatima  = "Yes, thank you. The cheque of 5,000 came on Friday and is with the bank."
	toPriya   = "Dear Priya,\n\nthe receipt is attached to our mail of this morning. Do write if anything is wrong with it.\n\nAnita"
	toSuresh  = "नमस्ते सुरेश जी,\n\nट्रस्ट मंगलवार से शनिवार खुला है। आप कभी भी आ सकते हैं।\n\nअनीता"
	toPazhani = "" // by itself, in words of its own
)

// script is the whole morning.
func (m *Morning) script() []step {
	return slices.Concat(m.overnight(), m.questions(), m.files(), m.changes(), m.known(), m.answers(), m.afterwards())
}

// overnight is what lay there when the office opened.
func (m *Morning) overnight() []step {
	return []step{{title: "What was written overnight", do: func() {
		jyoti := m.chat("jyoti", m.WhatsApp.Person("Jyoti K", "917000000101"))
		m.writes("jyoti", "नमस्ते, क्या आप पुराने कपड़े भी लेते हैं?", 26*time.Hour)
		jyoti.Shut = true
		m.chat("abdul", m.WhatsApp.Person("Abdul Rahman", "917000000102"))
		m.writes("abdul", "Is the mid-day meal also for old people? My mother lives alone.", 23*time.Hour+10*time.Minute)
		m.mail("priya", "priya.nair@example.org", "Receipt for last year")
		m.letter("priya", Letter{
			From: "Priya Nair <priya.nair@example.org>", Subject: "Receipt for last year",
			Text: "Dear team,\n\nI gave 2,000 rupees in February and need the 80G receipt for my tax return.\n\nThank you,\nPriya Nair",
		}, 11*time.Hour)
		m.mail("news", "news@fundraising.example", "Ten ideas for your year-end appeal")
		m.letter("news", Letter{
			From: "Fundraising Weekly <news@fundraising.example>", Subject: "Ten ideas for your year-end appeal", Text: "This week: ten ideas.\n\nUnsubscribe at any time.",
			HTML:   "<h1>Ten ideas</h1><p>This week: ten ideas.</p>",
			Header: map[string]string{"List-Id": "<weekly.fundraising.example>", "List-Unsubscribe": "<https://fundraising.example/u>", "Precedence": "bulk"},
		}, 9*time.Hour)
		m.thread("news").Waiting = false
		m.mail("suresh", "suresh.patil@example.org", "ट्रस्ट से मिलना")
		m.letter("suresh", Letter{
			From: "सुरेश पाटिल <suresh.patil@example.org>", Subject: "ट्रस्ट से मिलना", Text: "नमस्ते,\n\nमैं ट्रस्ट का काम देखना चाहता हूँ। कब आ सकता हूँ?\n\nसुरेश पाटिल",
		}, 5*time.Hour)
	}}, {title: "A STOP in Tamil", do: func() {
		m.chat("pazhani", m.WhatsApp.Person("பழனி", "917000000103"))
		m.writes("pazhani", "நிறுத்து", 3*time.Hour)
		m.thread("pazhani").said(toPazhani, ngo.MessageDelivered)
	}}}
}

// questions are about ration cards.
func (m *Morning) questions() []step {
	return []step{{title: "A ration card, told twice and backwards", network: func(s []Webhook) []Webhook {
		slices.Reverse(s)
		return slices.Concat(s, s)
	}, do: func() {
		m.chat("ravi", m.WhatsApp.Person("Ravi Kumar", "917000000104"))
		m.writes("ravi", "राशन कार्ड के लिए कौन से कागज़ चाहिए?", 130*time.Minute)
		m.writes("ravi", "और क्या बिजली का बिल चलेगा?", 129*time.Minute)
	}}, {title: "Somebody without a phone number", do: func() {
		m.chat("selvi", m.WhatsApp.Hidden("செல்வி", "selvi.madurai"))
		m.writes("selvi", "ரேஷன் கார்டுக்கு எப்படி விண்ணப்பிப்பது?", 100*time.Minute)
	}}, {title: "A number that is never kept", do: func() {
		m.chat("kamla", m.WhatsApp.Person("कमला देवी", "917000000105"))
		m.writes("kamla", "मेरा आधार नंबर "+MorningNumber+" है, कार्ड बनवा दीजिए", 90*time.Minute)
		m.thread("kamla").Lines[0].Text, m.thread("kamla").Lines[0].Masked = "मेरा आधार नंबर xxxx xxxx 6041", true
	}}}
}

// files are pictures, documents and a voice.
func (m *Morning) files() []step {
	sends := func(name, kind, mediaType, file, caption string, data []byte, ago time.Duration) {
		m.ago(ago)
		m.WhatsApp.SayMedia(m.people[name], kind, mediaType, file, caption, data)
		m.thread(name).heard(Line{Text: caption, Files: 1})
	}
	return []step{{title: "A picture of a ration card", do: func() {
		m.chat("sunita", m.WhatsApp.Person("Sunita Sharma", "917000000106"))
		sends("sunita", "image", "image/png", "", "यह हमारा राशन कार्ड है", picture(), 80*time.Minute)
	}}, {title: "A certificate as PDF", do: func() {
		m.chat("arun", m.WhatsApp.Person("அருண்", "917000000107"))
		sends("arun", "document", "application/pdf", "வருமான சான்றிதழ்.pdf", "வருமான சான்றிதழ் இணைத்துள்ளேன்", document(), 70*time.Minute)
	}}, {title: "A voice note", do: func() {
		m.chat("lakshmi", m.WhatsApp.Person("Lakshmi", "917000000108"))
		sends("lakshmi", "voice", "audio/ogg; codecs=opus", "", "", voice(), 65*time.Minute)
	}}, {title: "A form by mail", do: func() {
		m.mail("kumaran", "kumaran@example.org", "முதியோர் இல்லம்")
		m.letter("kumaran", Letter{
			From: "குமரன் <kumaran@example.org>", Subject: "முதியோர் இல்லம்", Text: "வணக்கம்,\n\nஎன் தந்தைக்கான விண்ணப்பப் படிவத்தை இணைத்துள்ளேன்.\n\nகுமரன்",
			Files: []File{{Name: "விண்ணப்பம்.pdf", Type: "application/pdf", Data: document()}},
		}, time.Hour)
	}}}
}

// changes are an edit and a withdrawal.
func (m *Morning) changes() []step {
	return []step{{title: "Somebody thinks again", do: func() {
		m.chat("rahul", m.WhatsApp.Person("Rahul D'Souza", "917000000109"))
		m.writes("rahul", "Can I visit the children's home on Saturday?", 50*time.Minute)
		first := m.said["rahul"]
		m.writes("rahul", "My account number is 0012345", 48*time.Minute)
		m.ago(47 * time.Minute)
		m.WhatsApp.Revoke(m.people["rahul"], m.said["rahul"])
		m.ago(46 * time.Minute)
		m.WhatsApp.Edit(m.people["rahul"], first, "Can I visit the children's home on Sunday?")
		lines := m.thread("rahul").Lines
		lines[0].Text, lines[0].Edited = "Can I visit the children's home on Sunday?", true
		lines[1].Text, lines[1].Revoked = "", true
	}}}
}

// known are people who have given.
func (m *Morning) known() []step {
	return []step{{title: "A donor writes from the number of her gift", do: func() {
		donor := m.day.Expected().Gifts[0].Donor
		t := m.chat("meena", m.WhatsApp.Person("Meena S", strings.TrimPrefix(donor.Phone, "+")))
		t.Donor = donor.Name
		m.writes("meena", "வணக்கம், நான் இன்று காலை நன்கொடை அளித்தேன்.", 40*time.Minute)
		m.writes("meena", "ரசீது இன்னும் வரவில்லை. எப்போது கிடைக்கும்?", 39*time.Minute)
	}}, {title: "STOP once more: it is not answered again", do: func() {
		m.writes("pazhani", "நிறுத்து!", 30*time.Minute)
		m.thread("pazhani").Waiting = false
		// The answer to the first stands behind both: the second is dated before it.
		lines := m.thread("pazhani").Lines
		lines[1], lines[2] = lines[2], lines[1]
	}, wants: []Want{{"pazhani", "", ngo.MessageDelivered}}}}
}

// answers is what staff does.
func (m *Morning) answers() []step {
	lost := step{title: "An answer of which nobody knows whether it went"}
	lost.do = func() {
		m.chat("fatima", m.WhatsApp.Person("Fatima Begum", "917000000110"))
		m.writes("fatima", "Did you get my cheque of 5,000?", 35*time.Minute)
		m.hold = []string{toFatima, toSunita}
		m.WhatsApp.Lose()
		m.thread("fatima").said(toFatima, ngo.MessageDelivered)
	}
	lost.acts = []Act{{Thread: "fatima", Reply: toFatima}}
	all := step{title: "Anita answers", wants: []Want{{"fatima", toFatima, ngo.MessageUncertain}}}
	all.do = func() {
		m.thread("meena").said(toMeena, ngo.MessageRead).Reaction = "🙏"
		m.thread("selvi").said(toSelvi, ngo.MessageDelivered)
		m.thread("sunita").said(toSunita, ngo.MessageFailed)
		m.thread("priya").said(toPriya, ngo.MessageSent)
		m.thread("suresh").said(toSuresh, ngo.MessageSent)
		m.thread("ravi").noted("Ask Ravi for the address first: he may have moved.")
	}
	all.acts = []Act{
		{Thread: "meena", Reply: toMeena}, {Thread: "selvi", Reply: toSelvi}, {Thread: "sunita", Reply: toSunita}, {Thread: "priya", Reply: toPriya},
		{Thread: "suresh", Reply: toSuresh}, {Thread: "ravi", Note: "Ask Ravi for the address first: he may have moved."},
		{Thread: "jyoti", Reply: "जी हाँ", Refused: true}, {Thread: "news", Close: true},
	}
	m.closes("news", &all)
	return []step{lost, all}
}

// closes has a thread closed at the end of a step.
func (m *Morning) closes(name string, s *step) {
	do := s.do
	s.do = func() {
		do()
		t := m.thread(name)
		t.State, t.Waiting = ngo.ConversationClosed, false
	}
}

// afterwards is what becomes of the answers.
func (m *Morning) afterwards() []step {
	chats := step{title: "What becomes of the answers", wants: []Want{
		{"meena", toMeena, ngo.MessageSent}, {"selvi", toSelvi, ngo.MessageSent}, {"sunita", toSunita, ngo.MessageSent},
	}}
	chats.do = func() {
		m.WhatsApp.queue(m.Webhooks()...) // what is still to be held back is, before nothing is any more
		m.hold = nil
		fatima := m.ours(toFatima)
		late := slices.DeleteFunc(m.held, func(h Webhook) bool { return h.Ref != fatima }) // Sunita's never arrives
		m.held = nil
		m.WhatsApp.Read(m.ours(toMeena))
		m.WhatsApp.React(m.people["meena"], m.ours(toMeena), "🙏")
		m.writes("meena", "கிடைத்தது, மிக்க நன்றி 🙏", 0)
		m.WhatsApp.Fail(m.ours(toSunita), 131026)
		m.thread("sunita").Waiting, m.thread("sunita").Failed = true, 1
		m.WhatsApp.Share(m.people["selvi"], strings.TrimPrefix(m.day.Expected().Gifts[3].Donor.Phone, "+"))
		m.thread("selvi").heard(Line{})
		m.thread("meena").noted("She found it in her spam.")
		m.WhatsApp.queue(late...)
	}
	chats.acts = []Act{{Thread: "meena", Note: "She found it in her spam."}, {Thread: "meena", Close: true}}
	m.closes("meena", &chats)
	mails := step{title: "Answers to mails", wants: []Want{{"priya", toPriya, ngo.MessageSent}, {"suresh", toSuresh, ngo.MessageSent}}}
	mails.do = func() {
		ours := m.mailed("priya.nair@example.org")
		m.ago(2 * time.Second)
		m.Inbox.Answer(ours, Letter{From: "Priya Nair <priya.nair@example.org>", Text: "I found it, thank you!\n\nOn Mon, 23 Nov 2026 at 09:12, Sevai Trust <office@sevai.example> wrote:\n> the receipt is attached\n"})
		m.thread("priya").heard(Line{Text: "I found it, thank you!"})
		m.ago(0)
		m.Inbox.Answer(ours, Letter{From: "Priya Nair <accounts@thief.example>", Text: "Please pay back my gift to another account.", Forged: true})
		m.thread("priya").heard(Line{Text: "Please pay back my gift", Doubted: true})
		m.Inbox.Away(m.mailed("suresh.patil@example.org"), "I am out of the office until Monday.")
		m.thread("suresh").heard(Line{Text: "I am out of the office"})
		m.thread("suresh").Waiting = false
	}
	return []step{chats, mails, {title: "A receipt comes back", do: m.comesBack}}
}

// comesBack has the mail with an ordinary receipt bounce.
func (m *Morning) comesBack() {
	gifts := m.day.Expected().Gifts
	for _, g := range gifts[1:] {
		i := slices.IndexFunc(m.post.Mails(), func(x Mail) bool { return slices.Contains(x.To, g.Donor.EMail) })
		if i < 0 || g.State != ngo.DonationReceived || g.Returned > 0 {
			continue
		}
		m.bounced = g.Donor.EMail
		m.Inbox.Bounce(m.post.Mails()[i], "5.1.1", "550 5.1.1 The email account that you tried to reach does not exist")
		return
	}
	panic("no receipt has been mailed")
}

// noted notes what staff writes among themselves.
func (t *ExpectedThread) noted(text string) {
	t.Lines = append(t.Lines, Line{Direction: ngo.Note, Text: text, State: ngo.MessageReceived})
}

// picture is one that can be opened.
func picture() []byte {
	const width, height = 320, 200
	i := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := color.RGBA{R: 236, G: 226, B: 200, A: 255}
			switch {
			case x < 8 || y < 8 || x >= width-8 || y >= height-8:
				c = color.RGBA{R: 150, G: 60, B: 40, A: 255}
			case y > 70 && y%24 < 4 && x > 110 && x < 290:
				c = color.RGBA{R: 70, G: 70, B: 80, A: 255}
			case x > 24 && x < 92 && y > 40 && y < 130:
				c = color.RGBA{R: 170, G: 150, B: 130, A: 255}
			}
			i.SetRGBA(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, i); err != nil {
		panic(err) // into memory
	}
	return out.Bytes()
}

// document is a PDF of one empty page.
func document() []byte {
	return []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n" +
		"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\ntrailer<</Root 1 0 R>>\nstartxref\n0\n%%EOF\n")
}

// voice is the beginning of a recording.
func voice() []byte {
	return append([]byte("OggS\x00\x02\x00\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01\x13OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00"), make([]byte, 200)...)
}
