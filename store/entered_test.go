package store_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// What was entered by hand is found by its name before it was worked on, and what a gateway sent is never taken for it.
func TestEnteredIsFoundByItsName(t *testing.T) {
	t.Parallel()
	o := storetest.Org(t)
	account := storetest.Gateway(t, o).ID
	entered, sent := o.NewDelivery(account, "desk_1", []byte("a")).Polled(), o.NewDelivery(account, "desk_2", []byte("b"))
	storetest.Write(t, o, func(tx *store.Tx) error {
		for _, d := range []store.NewDelivery{entered, sent, o.NewDelivery(account, "", []byte("c")).Polled()} {
			if _, err := tx.AddDelivery(d); err != nil {
				return err
			}
		}
		return nil
	})
	storetest.Read(t, o, func(r *store.Rx) error {
		d, err := r.Entered(account, "desk_1")
		if d.ID != entered.ID || !entered.Is(d) || sent.Is(d) {
			t.Errorf("Entered = %+v, %v; want %s", d, err, entered.ID)
		}
		for _, hint := range []string{"desk_2", "desk_3", ""} {
			if _, err := r.Entered(account, hint); ngo.CodeOf(err) != ngo.NotFound {
				t.Errorf("Entered(%q) = %v; want NotFound", hint, err)
			}
		}
		return err
	})
}

func TestEnteredIsFoundByItsIndex(t *testing.T) {
	t.Parallel()
	steps, err := store.MigrationSteps()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := migrated(t, filepath.Join(t.TempDir(), "org.db"), steps["org"])
	if err != nil {
		t.Fatal(err)
	}
	defer engine.Close()
	if plan := planOf(t, engine, store.SelectEntered); !strings.Contains(plan, "USING INDEX delivery_entered (account_id=? AND hint=?)") {
		t.Errorf("an entry is found by\n%s\nwant its index", plan)
	}
}

// No gateway told of it, and it was not given before it was entered, whatever the hour that stands for its day.
func TestStoryOfAGiftByHand(t *testing.T) {
	t.Parallel()
	c := newCounter(t)
	_, d := c.pay(ngo.Payment{Ref: "desk_1", State: ngo.PaymentCaptured, Amount: ngo.Paise(100), Method: "cash", Created: c.clock.Now().Add(time.Hour)}, ngo.Donor{Name: "Chitra"})
	told := c.story(d.ID)
	if !strings.HasPrefix(told, "entered by hand: cash, given on "+string(d.Given)+"\n") || strings.Contains(told, "gateway") {
		t.Errorf("the timeline tells\n%s", told)
	}
}
