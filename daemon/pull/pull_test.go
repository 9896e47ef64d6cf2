package pull

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// bubble runs a test whose time passes at once.
func bubble(t *testing.T, fn func(*testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, fn)
}

func TestNewNamesWhatIsMissing(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{}); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("New = %v; want Invalid", err)
	}
}

// Four days at the start and in the night, else the last hour every quarter of an hour; webhooks have five minutes.
func TestAskedByTheClock(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		h.connect("till", nil)
		begun := time.Now()
		stop := h.run()
		time.Sleep(24*time.Hour + 10*time.Minute)
		stop()
		asked, times := h.till.windows()
		if first := times[0].Sub(begun); first > 5*time.Second {
			t.Errorf("first asked %s after the start", first)
		}
		far := 0
		for i, w := range asked {
			if i > 0 {
				if gap := times[i].Sub(times[i-1]); gap < 13*time.Minute || gap > 17*time.Minute {
					t.Errorf("asked again after %s; want about a quarter of an hour", gap)
				}
			}
			if age := times[i].Sub(w.To); age != patience {
				t.Errorf("asked up to %s ago; want five minutes", age)
			}
			switch span := w.To.Sub(w.From); {
			case span == backAtNight:
				far++
				if hour := times[i].In(h.org.Zone()).Hour(); i > 0 && hour != 3 && hour != 4 {
					t.Errorf("asked far back at %d o'clock", hour)
				}
			case span < back || span > back+20*time.Minute:
				t.Errorf("asked for %s; want the last hour, and what came since the last time", span)
			}
		}
		if far != 2 || len(asked) < 90 || len(asked) > 105 {
			t.Errorf("asked %d times, %d of them far back; want about 97, with the start and one night", len(asked), far)
		}
	})
}

func TestAskingAloneIsMoreOften(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		h.connect("till", map[string]string{"webhook": "no"})
		stop := h.run()
		time.Sleep(time.Hour)
		stop()
		asked, times := h.till.windows()
		if len(asked) < 11 || len(asked) > 14 || !asked[0].To.Equal(times[0]) {
			t.Errorf("asked %d times in an hour, up to %s ago; want about 12, up to now", len(asked), times[0].Sub(asked[0].To))
		}
	})
}

// What was missed is recorded once, marked as found by asking, and nothing else is.
func TestMissedIsRecordedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		now := time.Now()
		h.till.give(captured(250, now.Add(-time.Hour))...)
		h.till.give(thing{Ref: "nothing", Made: now.Add(-time.Hour)}, thing{Made: now.Add(-time.Hour)}, // understood but empty, and not understood
			thing{Ref: "pay_long", State: ngo.PaymentFailed, Made: now.Add(-time.Hour), Fill: strings.Repeat("x", 70_000)},
			thing{Ref: "pay_young", State: ngo.PaymentCaptured, Made: now}, thing{Ref: "pay_old", State: ngo.PaymentCaptured, Made: now.Add(-5 * 24 * time.Hour)})
		stop := h.run()
		time.Sleep(time.Hour)
		stop()
		got := h.deliveries()
		if len(got) != 253 || len(h.kept) < 1 {
			t.Errorf("%d deliveries and %d long bodies; want 250 gifts, the long one, the young one and what was not understood", len(got), len(h.kept))
		}
		for _, d := range got {
			if d.Source != ngo.SourcePoll || d.Account != a.ID {
				t.Fatalf("delivery %+v; want one that was asked for", d)
			}
		}
		if x := h.health(a.ID); x.LastPoll == nil || x.PolledTo == nil || x.PollError != "" || x.Found != 0 || x.Seen == 0 || x.Alarm != "" {
			t.Errorf("health = %+v; want a good one without an alarm: all that was missing is from before the start", x)
		}
	})
}

// A fee that the gateway tells later is recorded, once; the gift was not missed for all that.
func TestALaterFeeIsRecordedOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		begun := time.Now()
		stop := h.run()
		time.Sleep(time.Hour)
		now := time.Now()
		var told ngo.DeliveryID
		save := func(fee int64) {
			hook := h.org.Store.NewDelivery(a.ID, "", []byte("webhook"))
			storetest.Write(t, h.org.Store, func(tx *store.Tx) error {
				if fee == 0 {
					if _, err := tx.AddDelivery(hook); err != nil {
						return err
					}
					told = hook.ID
				}
				for _, x := range captured(5, now) {
					_, _, err := tx.SavePayment(ngo.Payment{Account: a.ID, Delivery: told, Ref: x.Ref, State: x.State, Amount: ngo.Paise(50000), Created: x.Made, Fee: fee})
					if err != nil {
						return err
					}
				}
				return nil
			})
		}
		save(0)
		for _, x := range captured(5, now) {
			x.Fee = 1180
			h.till.give(x)
		}
		time.Sleep(30 * time.Minute)
		if got := h.deliveries(); len(got) != 6 {
			t.Errorf("%d deliveries; want the webhook, and one for each fee", len(got))
		}
		save(1180)
		h.till.mu.Lock()
		for i := range h.till.things {
			h.till.things[i].Fill = "x"
		}
		h.till.mu.Unlock()
		time.Sleep(time.Hour)
		stop()
		if got := h.deliveries(); len(got) != 6 {
			t.Errorf("%d deliveries once the fees are known; want no more", len(got))
		}
		if x := h.health(a.ID); x.Alarm != "" || x.Found != 0 || h.log.count("found=5") > 0 {
			t.Errorf("%s after the start: health = %+v; want nothing found and no alarm", time.Since(begun), x)
		}
	})
}

// A gateway that fails is asked again soon, then less often; it harms no other; after two hours somebody is told, once; and
// the first good answer covers all the time in between.
func TestTrouble(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		h.till.fail(&ngo.Error{Code: ngo.Unavailable, Message: "the till is shut"})
		stop := h.run()
		time.Sleep(time.Hour)
		if x := h.health(a.ID); x.PollError != "the till is shut" || x.LastPoll != nil || x.Alarm != "" {
			t.Errorf("health after an hour = %+v; want the reason and no alarm yet", x)
		}
		_, times := h.till.windows()
		if len(times) < 7 || times[1].Sub(times[0]) > 2*time.Minute {
			t.Errorf("asked %d times in the first hour, again after %s; want sooner than usual", len(times), times[1].Sub(times[0]))
		}
		time.Sleep(2 * time.Hour)
		x := h.health(a.ID)
		if !strings.Contains(x.Alarm, askingAlarm) || !strings.Contains(x.Alarm, "the till is shut") || x.AlarmSince == nil {
			t.Errorf("alarm after three hours: %q", x.Alarm)
		}
		if n := h.log.count(`msg="gateway alarm"`); n != 1 {
			t.Errorf("the alarm is in the log %d times", n)
		}
		h.till.fail(nil)
		time.Sleep(20 * time.Minute)
		stop()
		if x := h.health(a.ID); x.Alarm != "" || x.AlarmSince != nil || x.PollError != "" || x.LastPoll == nil {
			t.Errorf("health once it works again: %+v", x)
		}
		if n := h.log.count(`msg="gateway alarm over"`); n != 1 {
			t.Errorf("the end of the alarm is in the log %d times", n)
		}
	})
}

// A gateway that was removed is asked no more, and wakes nobody.
func TestRemovedIsLeftAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		stop := h.run()
		time.Sleep(time.Minute)
		storetest.Write(t, h.org.Store, func(tx *store.Tx) error { _, err := tx.RemoveAccount(a.ID); return err })
		h.till.windows()
		time.Sleep(time.Hour)
		stop()
		if asked, _ := h.till.windows(); len(asked) != 0 || h.pause() != look {
			t.Errorf("asked %d times after the removal; the next look is in %s", len(asked), h.pause())
		}
	})
}

func TestOneGatewaysTroubleIsItsOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		h.connect("first", nil)
		h.connect("second", nil)
		h.till.give(captured(1, time.Now().Add(-time.Hour))...)
		hung := 0
		h.till.each = func(ctx context.Context, _ int) error {
			h.till.mu.Lock()
			hung++
			first := hung == 1
			h.till.mu.Unlock()
			if first {
				<-ctx.Done() // whoever comes first hangs
				return ctx.Err()
			}
			return nil
		}
		stop := h.run()
		time.Sleep(30 * time.Minute)
		if n := len(h.deliveries()); n != 1 {
			t.Errorf("%d gifts found while the other gateway hangs, want 1", n)
		}
		time.Sleep(90 * time.Minute)
		stop()
		if n := len(h.deliveries()); n != 2 {
			t.Errorf("%d gifts found once it hangs no more, want 2", n)
		}
	})
}

// Whatever was told before an interruption is kept; the next asking does the rest, and nothing is doubled.
func TestInterruptedHalfWay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		h.till.give(captured(1000, time.Now().Add(-10*time.Minute))...)
		stopped := make(chan struct{})
		h.till.each = func(ctx context.Context, n int) error {
			if n < 457 {
				return nil
			}
			close(stopped)
			<-ctx.Done()
			return ctx.Err()
		}
		stop := h.run()
		<-stopped
		stop()
		if n := len(h.deliveries()); n != 457 {
			t.Errorf("%d deliveries after a stop half-way, want the 457 that were told", n)
		}
		if x := h.health(a.ID); x.PolledTo != nil || x.PollError != "" || h.log.count("level=WARN") != 0 {
			t.Errorf("a stop counts as the gateway's trouble, or as a success: %+v", x)
		}
		h.till.each = nil
		h.restart()
		stop = h.run()
		time.Sleep(time.Minute)
		stop()
		if n := len(h.deliveries()); n != 1000 {
			t.Errorf("%d deliveries after the next start, want 1000", n)
		}
	})
}

func TestAFaultyAnswerIsKeptUpToWhereItBroke(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		h.till.give(captured(30, time.Now().Add(-time.Hour))...)
		h.till.fail(errors.New("garbage"))
		got, err := h.CatchUp(t.Context(), h.org, "till", time.Now().Add(-2*time.Hour))
		if err != nil || got.Seen != 30 || got.Found != 30 || got.Problem == "" || strings.Contains(got.Problem, "garbage") {
			t.Errorf("CatchUp = %+v, %v; want what was told, and that it ended early", got, err)
		}
		if x := h.health(a.ID); x.PolledTo != nil || x.PollError == "" {
			t.Errorf("health = %+v", x)
		}
	})
}

func TestCatchUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		h.connect("mute", map[string]string{"mute": "yes"})
		now := time.Now()
		h.till.give(captured(3, now.Add(-time.Minute))...)
		h.till.give(captured(2, now.Add(-20*24*time.Hour))...)
		for _, tt := range []struct {
			gateway string
			since   time.Time
			want    ngo.Code
			found   int64
		}{
			{"nobody", now.Add(-time.Hour), ngo.NotFound, 0},
			{"mute", now.Add(-time.Hour), ngo.Invalid, 0},
			{"till", now.Add(time.Hour), ngo.Invalid, 0},
			{"till", now.Add(-92 * 24 * time.Hour), ngo.Invalid, 0},
			{"till", now.Add(-time.Hour), "", 3},
			{"till", now.Add(-30 * 24 * time.Hour), "", 2},
			{"till", now.Add(-30 * 24 * time.Hour), "", 0},
		} {
			got, err := h.CatchUp(t.Context(), h.org, tt.gateway, tt.since)
			if ngo.CodeOf(err) != tt.want || got.Found != tt.found || got.Problem != "" {
				t.Errorf("CatchUp(%s, %s) = %+v, %v; want %d found and %q", tt.gateway, now.Sub(tt.since), got, err, tt.found, tt.want)
			}
		}
		if x := h.health(a.ID); x.PolledTo == nil || !x.PolledTo.Equal(now) || x.Alarm != "" {
			t.Errorf("health = %+v; want all known up to now, and no alarm for what was asked for by hand", x)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := h.CatchUp(gone, h.org, "till", now.Add(-time.Hour)); err == nil {
			t.Error("CatchUp for nobody succeeds")
		}
	})
}

// Asking by hand for a later time leaves a gap, which the next start still asks for.
func TestCatchUpLeavesNoGap(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		begun := time.Now()
		if _, err := h.CatchUp(t.Context(), h.org, "till", begun.Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * 24 * time.Hour)
		if _, err := h.CatchUp(t.Context(), h.org, "till", time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
		if x := h.health(a.ID); !x.PolledTo.Equal(begun) {
			t.Errorf("all is known up to %s; want the end of the first asking", x.PolledTo)
		}
		h.till.windows()
		stop := h.run()
		time.Sleep(time.Minute)
		stop()
		if asked, _ := h.till.windows(); len(asked) != 1 || !asked[0].From.Equal(begun.Add(-back)) {
			t.Errorf("the start asked for %v; want all since an hour before the first asking ended", asked)
		}
	})
}

func TestNextNight(t *testing.T) {
	t.Parallel()
	india, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	for now, want := range map[string]string{
		"2026-04-01T20:00:00Z": "2026-04-01T21:30:00Z", // half past one in the morning
		"2026-04-01T21:30:00Z": "2026-04-02T21:30:00Z",
		"2026-04-01T23:00:00Z": "2026-04-02T21:30:00Z",
	} {
		at, err := time.Parse(time.RFC3339, now)
		if err != nil {
			t.Fatal(err)
		}
		if got := nextNight(at, india).UTC().Format(time.RFC3339); got != want {
			t.Errorf("nextNight(%s) = %s; want %s", now, got, want)
		}
	}
}

// Gifts that only asking finds, one after the other, raise the alarm; a webhook and an asking that finds nothing end it.
func TestWebhooksThatDoNotArrive(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		stop := h.run()
		time.Sleep(time.Hour)
		h.till.give(captured(1, time.Now())...)
		time.Sleep(30 * time.Minute)
		if x := h.health(a.ID); x.Alarm != "" {
			t.Errorf("alarm for one gift: %q", x.Alarm)
		}
		h.till.give(captured(3, time.Now())...)
		time.Sleep(30 * time.Minute)
		x := h.health(a.ID)
		if !strings.HasPrefix(x.Alarm, hooksAlarm+": 3 gifts") {
			t.Fatalf("alarm for three gifts: %q", x.Alarm)
		}
		time.Sleep(3 * time.Hour)
		if y := h.health(a.ID); y.Alarm != x.Alarm || !y.AlarmSince.Equal(*x.AlarmSince) {
			t.Errorf("without a webhook since, the alarm changed to %q", y.Alarm)
		}
		h.webhook(a)
		time.Sleep(30 * time.Minute)
		if x := h.health(a.ID); x.Alarm != "" {
			t.Errorf("alarm after a webhook came: %q", x.Alarm)
		}
		// Where few give, a second one without a webhook in between is enough.
		for n, want := range []string{"", "", hooksAlarm} {
			h.till.give(captured(1, time.Now())...)
			time.Sleep(3 * time.Hour)
			if x := h.health(a.ID); !strings.HasPrefix(x.Alarm, want) || want == "" && x.Alarm != "" {
				t.Errorf("alarm after gift %d: %q; want %q", n+1, x.Alarm, want)
			}
			if n == 0 {
				h.webhook(a)
				time.Sleep(30 * time.Minute)
			}
		}
		stop()
	})
}

// webhook brings a delivery in as a gateway would.
func (h *house) webhook(a ngo.Account) {
	h.t.Helper()
	d := h.org.Store.NewDelivery(a.ID, "", fmt.Appendf(nil, `{"Ref":"pay_%d"}`, time.Now().UnixNano()))
	h.add(d)
}

// Somebody who asks by hand again and again, because gifts do not come by themselves, is told why.
func TestWebhooksThatDoNotArriveByHand(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t)
		a := h.connect("till", nil)
		time.Sleep(time.Minute)
		h.till.give(captured(3, time.Now())...)
		time.Sleep(patience + time.Minute)
		catchUp := func() {
			if _, err := h.CatchUp(t.Context(), h.org, "till", time.Now().Add(-time.Hour)); err != nil {
				t.Fatal(err)
			}
		}
		catchUp()
		x := h.health(a.ID)
		if !strings.HasPrefix(x.Alarm, hooksAlarm+": 3 gifts") {
			t.Fatalf("alarm after three gifts were found by hand: %q", x.Alarm)
		}
		time.Sleep(time.Minute)
		if catchUp(); h.health(a.ID).Alarm != x.Alarm {
			t.Errorf("asked again, the alarm is %q", h.health(a.ID).Alarm)
		}
		time.Sleep(time.Minute)
		h.webhook(a)
		if catchUp(); h.health(a.ID).Alarm != "" {
			t.Errorf("after a webhook came, the alarm is %q", h.health(a.ID).Alarm)
		}
	})
}
