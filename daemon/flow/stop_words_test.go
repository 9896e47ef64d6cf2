package flow

import "testing"

func TestWordsOfStopping(t *testing.T) {
	t.Parallel()
	all, err := loadWishes(langFiles)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		text string
		want wish
		ok   bool
	}{
		{"STOP", wish{stop: true, lang: "en"}, true},
		{"  stop.\n", wish{stop: true, lang: "en"}, true},
		{"Stop!!! 🙏🏽", wish{stop: true, lang: "en"}, true},
		{"ＳＴＯＰ", wish{stop: true, lang: "en"}, true},
		{"s\u200btop", wish{stop: true, lang: "en"}, true},
		{"Please, stop", wish{stop: true, lang: "en"}, true},
		{"Opt-out", wish{stop: true, lang: "en"}, true},
		{"Don't message me.", wish{stop: true, lang: "en"}, true},
		{"Stop promotions", wish{stop: true, lang: "en"}, true}, // the button that WhatsApp offers
		{"UNSUBSCRIBE", wish{stop: true, lang: "en"}, true},
		{"நிறுத்து", wish{stop: true, lang: "ta"}, true},
		{"நிறுத்தவும்.", wish{stop: true, lang: "ta"}, true},
		{"தயவுசெய்து நிறுத்துங்கள்!", wish{stop: true, lang: "ta"}, true},
		{"Niruthu", wish{stop: true, lang: "ta"}, true},
		{"रोको", wish{stop: true, lang: "hi"}, true},
		{"रोकें।", wish{stop: true, lang: "hi"}, true},
		{"बंद  करो", wish{stop: true, lang: "hi"}, true},
		{"बन्द करो!", wish{stop: true, lang: "hi"}, true},
		{"Band karo", wish{stop: true, lang: "hi"}, true},
		{"pls stop", wish{stop: true, lang: "en"}, true},
		{"stop pls 🙏", wish{stop: true, lang: "en"}, true},
		{"Please stop, sir. Thank you!", wish{stop: true, lang: "en"}, true},
		{"stop\nstop", wish{stop: true, lang: "en"}, true},
		{"Stop stop STOP", wish{stop: true, lang: "en"}, true},
		{"stop\r\n\r\nunsubscribe", wish{stop: true, lang: "en"}, true},
		{"STOPALL", wish{stop: true, lang: "en"}, true},
		{"Quit", wish{stop: true, lang: "en"}, true},
		{"end", wish{stop: true, lang: "en"}, true},
		{"cancel", wish{stop: true, lang: "en", unsure: true}, true},
		{"cancel stop", wish{stop: true, lang: "en"}, true},
		{"நிறுத்த", wish{stop: true, lang: "ta"}, true},
		{"தயவு செய்து நிறுத்த", wish{stop: true, lang: "ta"}, true},
		{"ப்ளீஸ்\nநிறுத்து", wish{stop: true, lang: "ta"}, true},
		{"बंद", wish{stop: true, lang: "hi", unsure: true}, true},
		{"बन्द।", wish{stop: true, lang: "hi", unsure: true}, true},
		{"प्लीज़ बंद करो", wish{stop: true, lang: "hi"}, true},
		{"प्लीज़ बंद करो", wish{stop: true, lang: "hi"}, true},
		{"मैसेज नहीं चाहिए", wish{stop: true, lang: "hi"}, true},
		{"please बंद करो", wish{stop: true, lang: "hi"}, true},
		{"START", wish{stop: false, lang: "en"}, true},
		{"தொடங்கு", wish{stop: false, lang: "ta"}, true},
		{"शुरू करें", wish{stop: false, lang: "hi"}, true},

		{"", wish{}, false},
		{"🛑", wish{}, false},
		{"When does the bus stop there?", wish{}, false},
		{"Stop by our office tomorrow", wish{}, false},
		{"non-stop", wish{}, false},
		{"The water has stopped", wish{}, false},
		{"மழை நிறுத்து", wish{}, false},
		{"गाड़ी रोको", wish{}, false},
		{"please start my pension", wish{}, false},
		{"st op", wish{}, false},
		{"please", wish{}, false},
		{"thank you", wish{}, false},
		{"stop start", wish{}, false},
		{"please cancel my monthly gift", wish{}, false},
		{"the end", wish{}, false},
		{"नहीं चाहिए", wish{}, false},
		{"வேண்டாம்", wish{}, false},
		{"बस", wish{}, false},
		{"no", wish{}, false},
	} {
		if got, ok := all.of(tt.text); got != tt.want || ok != tt.ok {
			t.Errorf("of(%q) = %+v, %v; want %+v, %v", tt.text, got, ok, tt.want, tt.ok)
		}
	}
}

func FuzzWish(f *testing.F) {
	all, err := loadWishes(langFiles)
	if err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"stop", "நிறுத்து", "रोको", "\xff\xfe", "ｓｔｏｐ"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if foldWish(foldWish(s)) != foldWish(s) {
			t.Errorf("folding %q twice gives something else", s)
		}
		all.of(s)
	})
}
