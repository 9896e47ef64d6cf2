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
		{"STOP", wish{true, "en"}, true},
		{"  stop.\n", wish{true, "en"}, true},
		{"Stop!!! 🙏🏽", wish{true, "en"}, true},
		{"ＳＴＯＰ", wish{true, "en"}, true},
		{"s\u200btop", wish{true, "en"}, true},
		{"Please, stop", wish{true, "en"}, true},
		{"Opt-out", wish{true, "en"}, true},
		{"Don't message me.", wish{true, "en"}, true},
		{"Stop promotions", wish{true, "en"}, true}, // the button that WhatsApp offers
		{"UNSUBSCRIBE", wish{true, "en"}, true},
		{"நிறுத்து", wish{true, "ta"}, true},
		{"நிறுத்தவும்.", wish{true, "ta"}, true},
		{"தயவுசெய்து நிறுத்துங்கள்!", wish{true, "ta"}, true},
		{"Niruthu", wish{true, "ta"}, true},
		{"रोको", wish{true, "hi"}, true},
		{"रोकें।", wish{true, "hi"}, true},
		{"बंद  करो", wish{true, "hi"}, true},
		{"बन्द करो!", wish{true, "hi"}, true},
		{"Band karo", wish{true, "hi"}, true},
		{"START", wish{false, "en"}, true},
		{"தொடங்கு", wish{false, "ta"}, true},
		{"शुरू करें", wish{false, "hi"}, true},

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
