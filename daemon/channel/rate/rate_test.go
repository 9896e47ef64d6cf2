package rate_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/ngoctl/ngoctl/daemon/channel/rate"
	"github.com/ngoctl/ngoctl/store/ngo"
)

var (
	meena   = ngo.Identity{Kind: ngo.WhatsApp, Value: "919876543210"}
	ravi    = ngo.Identity{Kind: ngo.Phone, Value: "+919876543210"}
	hidden  = ngo.Identity{Kind: ngo.WhatsAppUser, Value: "IN.13491208655302741918"}
	foreign = ngo.Identity{Kind: ngo.WhatsApp, Value: "14155550100"}
	unseen  = ngo.Identity{Kind: ngo.WhatsAppUser, Value: "US.91"}
)

func builtIn(t *testing.T) rate.Rates {
	t.Helper()
	r, problems, err := rate.Load(nil)
	if err != nil || len(problems) > 0 {
		t.Fatalf("Load = %v, %v", problems, err)
	}
	return r
}

func TestPrice(t *testing.T) {
	t.Parallel()
	r := builtIn(t)
	const before, after = ngo.Date("2026-09-30"), ngo.Date("2026-10-01")
	for _, tt := range []struct {
		name   string
		m      rate.Message
		micros int64
		free   string // a part of the reason
		ok     bool
	}{
		{"an appeal", rate.Message{Category: "marketing", To: meena, Day: after}, 863_100, "", true},
		{"an appeal while one may write freely", rate.Message{Category: "marketing", To: meena, Day: after, InWindow: true}, 863_100, "", true},
		{"a receipt", rate.Message{Category: "utility", To: ravi, Day: after}, 115_000, "", true},
		{"a receipt in the window, since October", rate.Message{Category: "utility", To: meena, Day: after, InWindow: true}, 115_000, "", true},
		{"a receipt in the window, before", rate.Message{Category: "utility", To: meena, Day: before, InWindow: true}, 0, "window is open", true},
		{"a receipt outside, before", rate.Message{Category: "utility", To: meena, Day: before}, 115_000, "", true},
		{"a code", rate.Message{Category: "authentication", To: hidden, Day: after}, 115_000, "", true},
		{"a reply before October", rate.Message{Category: rate.Reply, To: meena, Day: before, InWindow: true, Used: 5000}, 0, "replies are free", true},
		{"the first reply of a month", rate.Message{Category: rate.Reply, To: meena, Day: after, InWindow: true}, 0, "1,000 of the 1,000 free", true},
		{"the last free reply", rate.Message{Category: rate.Reply, To: meena, Day: after, InWindow: true, Used: 999}, 0, "1 of the 1,000 free", true},
		{"the next reply", rate.Message{Category: rate.Reply, To: meena, Day: after, InWindow: true, Used: 1000}, 115_000, "", true},
		{"who came by an advertisement", rate.Message{Category: "marketing", To: foreign, Day: after, Came: true}, 0, "72 hours", true},
		{"another country", rate.Message{Category: "utility", To: foreign, Day: after}, 0, "", false},
		{"another country without a number", rate.Message{Category: "utility", To: unseen, Day: after}, 0, "", false},
		{"a free reply abroad", rate.Message{Category: rate.Reply, To: foreign, Day: after}, 0, "free replies", true},
		{"a category nobody knows", rate.Message{Category: "magic", To: meena, Day: after}, 0, "", false},
		{"a day before all", rate.Message{Category: "utility", To: meena, Day: "2025-12-31"}, 0, "", false},
		{"mail", rate.Message{Channel: "email", Category: rate.Reply, To: ngo.Identity{Kind: ngo.EMail, Value: "a@b.example"}, Day: after}, 0, "", false},
	} {
		if tt.m.Channel == "" {
			tt.m.Channel = "whatsapp"
		}
		p, ok := r.Price(tt.m)
		if ok != tt.ok || p.Micros != tt.micros || (p.Free == "") != (tt.free == "") || !strings.Contains(p.Free, tt.free) {
			t.Errorf("%s: %+v, %v; want %d, free %q, %v", tt.name, p, ok, tt.micros, tt.free, tt.ok)
		}
		if ok && (p.Currency != "INR" || p.Source == "" || p.Since > tt.m.Day || p.Category != tt.m.Category) {
			t.Errorf("%s: %+v does not say since when and who says so", tt.name, p)
		}
	}
}

func TestFreeReplies(t *testing.T) {
	t.Parallel()
	r := builtIn(t)
	if n, ok := r.FreeReplies("whatsapp", "2026-11-22"); n != 1000 || !ok {
		t.Errorf("FreeReplies = %d, %v; want 1000", n, ok)
	}
	if _, ok := r.FreeReplies("whatsapp", "2026-09-30"); ok {
		t.Error("there is a limit before October 2026")
	}
	if _, ok := r.FreeReplies("email", "2026-11-22"); ok {
		t.Error("there is a limit for mail")
	}
}

const good = `
channel = "whatsapp"
from = "2027-01-01"
currency = "INR"
source = "Meta's rate card of December 2026"
replies = "utility"
free_replies = 500
[[market]]
name = "India"
countries = ["IN"]
calling = ["91"]
marketing = 900_000
utility = 0
[[market]]
name = "Sri Lanka"
countries = ["LK"]
calling = ["94"]
utility = 2_000
[[market]]
name = "a city of it"
calling = ["9411"]
utility = 3_000
`

func TestFilesOfOnesOwn(t *testing.T) {
	t.Parallel()
	r, problems, err := rate.Load(fstest.MapFS{
		"2027.toml":             {Data: []byte(good)},
		"whatsapp-2026-01.toml": {Data: []byte(strings.Replace(strings.Replace(good, "2027-01-01", "2026-01-01", 1), "900_000", "1", 1))},
		"notes.txt":             {Data: []byte("not a rate")},
	})
	if err != nil || len(problems) > 0 {
		t.Fatalf("Load = %v, %v", problems, err)
	}
	for _, tt := range []struct {
		to       string
		category string
		day      ngo.Date
		want     int64
		free     bool
	}{
		{"919876543210", "marketing", "2026-05-01", 1, false}, {"919876543210", "marketing", "2026-12-31", 863_100, false},
		{"919876543210", "marketing", "2027-01-01", 900_000, false}, {"919876543210", "utility", "2027-01-01", 0, true},
		{"94771234567", "utility", "2027-01-01", 2000, false}, {"94111234567", "utility", "2027-01-01", 3000, false},
	} {
		p, ok := r.Price(rate.Message{Channel: "whatsapp", Category: tt.category, To: ngo.Identity{Kind: ngo.WhatsApp, Value: tt.to}, Day: tt.day})
		if !ok || p.Micros != tt.want || (p.Free != "") != tt.free {
			t.Errorf("%s to %s on %s = %+v, %v; want %d", tt.category, tt.to, tt.day, p, ok, tt.want)
		}
	}
	if _, ok := r.Price(rate.Message{Channel: "whatsapp", Category: "authentication", To: meena, Day: "2027-01-01"}); ok {
		t.Error("there is a price that no file tells")
	}
}

func TestFilesAtFault(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, says string }{
		"garbage":            {"channel = ", "line 1"},
		"an unknown key":     {good + "currancy = 1\n", "unknown key"},
		"floats":             {strings.Replace(good, "900_000", "0.9", 1), "line"},
		"rupees for micros":  {strings.Replace(good, "900_000", "9_000_000_000", 1), "millionths"},
		"a negative":         {strings.Replace(good, "900_000", "-1", 1), "millionths"},
		"no day":             {strings.Replace(good, `from = "2027-01-01"`, "", 1), "from"},
		"no such day":        {strings.Replace(good, "2027-01-01", "2027-02-30", 1), "from"},
		"no source":          {strings.Replace(good, `source = "Meta's rate card of December 2026"`, "", 1), "source"},
		"no channel":         {strings.Replace(good, `channel = "whatsapp"`, "", 1), "channel"},
		"no currency":        {strings.Replace(good, `"INR"`, `"rupees"`, 1), "currency"},
		"replies as nothing": {strings.Replace(good, `replies = "utility"`, `replies = "x"`, 1), "replies"},
		"fewer than none":    {strings.Replace(good, "500", "-5", 1), "free_replies"},
		"a plus":             {strings.Replace(good, `["91"]`, `["+91"]`, 1), "beginning"},
		"a country's name":   {strings.Replace(good, `["IN"]`, `["India"]`, 1), "country"},
		"nobody in it":       {strings.Replace(good, `calling = ["9411"]`, "", 1), "nobody"},
		"nothing":            {"", "no market"},
		"the same day":       {strings.Replace(good, "2027-01-01", "2026-10-01", 1), "whatsapp-2026-10.toml"},
	} {
		r, problems, err := rate.Load(fstest.MapFS{"own.toml": {Data: []byte(tt.file)}})
		if err != nil || len(problems) != 1 || ngo.CodeOf(problems[0]) != ngo.Invalid || !strings.Contains(problems[0].Error(), tt.says) || !strings.Contains(problems[0].Error(), "own.toml") {
			t.Errorf("%s: problems %v, %v; want one about %q", name, problems, err, tt.says)
		}
		if p, ok := r.Price(rate.Message{Channel: "whatsapp", Category: "utility", To: meena, Day: "2027-06-01"}); !ok || p.Micros != 115_000 {
			t.Errorf("%s: what is built in gives %+v", name, p)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add("[[market]]\ncalling=['1']")
	f.Fuzz(func(t *testing.T, file string) {
		r, problems, err := rate.Load(fstest.MapFS{"own.toml": {Data: []byte(file)}})
		if err != nil || len(problems) == 0 && len(r) < 3 {
			t.Fatalf("Load = %d tables, %v, %v", len(r), problems, err)
		}
	})
}
