package pull

import (
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func (h *house) add(d store.NewDelivery) {
	h.t.Helper()
	storetest.Write(h.t, h.org.Store, func(tx *store.Tx) error {
		_, err := tx.AddDelivery(d)
		return err
	})
}

// came gives webhooks in these hours of each of the days before now.
func came(now time.Time, days int, hours ...int) map[time.Time]int {
	out := map[time.Time]int{}
	for d := 0; d <= days; d++ {
		for _, hour := range hours {
			at := now.Truncate(24 * time.Hour).Add(-time.Duration(d)*24*time.Hour + time.Duration(hour)*time.Hour)
			if at.Before(now) {
				out[at] = 1
			}
		}
	}
	return out
}

func TestUsualSilence(t *testing.T) {
	t.Parallel()
	midnight := time.Date(2026, 6, 30, 0, 0, 0, 0, time.UTC)
	at := func(hour int) time.Time { return midnight.Add(time.Duration(hour) * time.Hour) }
	weekly := map[time.Time]int{}
	for d := 7; d < 28; d += 7 {
		weekly[midnight.Add(-time.Duration(d)*24*time.Hour)] = 1
	}
	worst := came(at(12), 28, 9, 10, 11)
	for h := range worst {
		if day := int(at(12).Sub(h).Hours() / 24); day == 10 || day == 11 {
			delete(worst, h) // an outage
		}
	}
	for _, tt := range []struct {
		name         string
		came         map[time.Time]int
		now          time.Time
		usual, limit time.Duration
	}{
		{"nothing known", nil, at(12), 0, mostSilence},
		{"too little known", came(at(12), 3, 9, 10, 11), at(12), 0, mostSilence},
		{"busy by day, at noon", came(at(12), 28, 8, 9, 10, 11, 12), at(12), 0, leastSilence},
		{"busy by day, in the afternoon", came(at(14), 28, 8, 12), at(14), 2 * time.Hour, 6 * time.Hour},
		{"busy by day, in the night", came(at(4), 28, 8, 20), at(4), 8 * time.Hour, mostSilence},
		{"one a day", came(at(12), 28, 13), at(12), 23 * time.Hour, 28*time.Hour + 45*time.Minute},
		{"an outage among them", worst, at(12), time.Hour, leastSilence},
	} {
		usual, limit := usualSilence(tt.came, tt.now)
		if usual != tt.usual || limit != tt.limit {
			t.Errorf("%s: usual %s, unusual from %s; want %s and %s", tt.name, usual, limit, tt.usual, tt.limit)
		}
	}
	if usual, limit := usualSilence(weekly, at(12)); usual < 5*24*time.Hour || limit <= usual {
		t.Errorf("one a week: usual %s, unusual from %s", usual, limit)
	}
}

func TestSigns(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 30, 12, 0, 0, 0, time.UTC)
	earlier, later := now.Add(-3*time.Hour), now.Add(-time.Hour)
	standing := ngo.Health{Alarm: hooksAlarm + ": 3 gifts", AlarmSince: &earlier}
	heard := standing
	heard.LastWebhook = &later
	failing := ngo.Health{Alarm: askingAlarm + ": it has…", AlarmSince: &earlier, PollError: "shut"}
	for _, tt := range []struct {
		name  string
		s     signs
		h     ngo.Health
		want  string // prefix; none when empty
		stays bool   // word for word
	}{
		{"all well", signs{hooked: true}, ngo.Health{}, "", false},
		{"one missed", signs{hooked: true, missed: 1}, ngo.Health{}, "", false},
		{"one missed again", signs{hooked: true, missed: 1, before: true}, ngo.Health{}, hooksAlarm, false},
		{"three missed", signs{hooked: true, missed: 3}, ngo.Health{}, hooksAlarm, false},
		{"more missed", signs{hooked: true, missed: 9}, standing, hooksAlarm, true},
		{"none missed, none heard", signs{hooked: true}, standing, hooksAlarm, true},
		{"none missed, one heard", signs{hooked: true}, heard, "", false},
		{"no webhooks any more", signs{}, standing, "", false},
		{"fails for an hour", signs{hooked: true, failing: later}, ngo.Health{PollError: "shut"}, "", false},
		{"fails for three hours", signs{hooked: true, failing: earlier}, ngo.Health{PollError: "shut"}, askingAlarm, false},
		{"fails on", signs{hooked: true, failing: earlier}, failing, askingAlarm, true},
		{"fails on after a start", signs{hooked: true, failing: later}, failing, askingAlarm, true},
		{"fails no more", signs{hooked: true}, failing, "", false},
	} {
		tt.s.now = now
		got := tt.s.alarm(tt.h)
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" || tt.stays && got != tt.h.Alarm {
			t.Errorf("%s: alarm %q; want %q", tt.name, got, tt.want)
		}
	}
}

// Where a gateway cannot be asked, silence is all that tells.
func TestSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("mute", map[string]string{"mute": "yes"})
		gateways, err := h.org.Gateways(t.Context())
		if err != nil || len(gateways) != 1 {
			t.Fatal(gateways, err)
		}
		pass := func(by time.Duration) ngo.Health {
			time.Sleep(by)
			h.serve(t.Context(), due{h.org, gateways[0], &line{}})
			return h.health(a.ID)
		}
		if x := pass(48 * time.Hour); x.Alarm != "" {
			t.Errorf("alarm before the first webhook: %q", x.Alarm)
		}
		for range 9 * 24 { // one an hour
			h.webhook(a)
			if x := pass(time.Hour); x.Alarm != "" {
				t.Fatalf("alarm while one comes every hour: %q", x.Alarm)
			}
		}
		x := pass(4 * time.Hour)
		pass(time.Hour)
		if !strings.HasPrefix(x.Alarm, silenceAlarm) || x.AlarmSince == nil || h.log.count(`msg="gateway alarm"`) != 1 {
			t.Errorf("alarm after five hours of silence: %q", x.Alarm)
		}
		h.webhook(a)
		if x := pass(20 * time.Minute); x.Alarm != "" || h.log.count("gateway alarm over") != 1 {
			t.Errorf("alarm after a webhook came: %q", x.Alarm)
		}
		h.restart()
		if x := pass(30 * time.Minute); x.Alarm != "" {
			t.Errorf("alarm right after a start: %q", x.Alarm)
		}
	})
}

func TestHours(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0: "less than an hour", 50 * time.Minute: "an hour", 5 * time.Hour: "5 hours", 47 * time.Hour: "47 hours", 73 * time.Hour: "3 days",
	} {
		if got := hours(d); got != want {
			t.Errorf("hours(%s) = %q; want %q", d, got, want)
		}
	}
}
