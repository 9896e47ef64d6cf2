package apiserver_test

import (
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func (in *inbox) whatsApp(name, numbers string) api.AddAccount {
	return api.AddAccount{Driver: "whatsapp", Name: name, Values: setting.Values{
		"app-secret": "synthetic-secret", "verify-token": "synthetic-word", "token": "synthetic-token", "phone-number-id": numbers, "base-url": in.graph.URL,
	}}
}

func numbers(ids string) api.SetAccount {
	return api.SetAccount{Values: setting.Values{"phone-number-id": ids}}
}

// What comes for a number that is in two channels would make two threads of one message.
func TestANumberIsInOneChannel(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx, c := t.Context(), in.local
	_, err := c.AddChannel(ctx, storetest.Slug, in.whatsApp("second", "555, "+ourNumber))
	wantCode(t, err, ngo.Conflict)
	if !strings.Contains(err.Error(), `"whatsapp"`) || !strings.Contains(err.Error(), ourNumber) {
		t.Errorf("%v; want it to name the number and the other channel", err)
	}
	if _, err := c.AddChannel(ctx, storetest.Slug, in.whatsApp("second", "555,556")); err != nil {
		t.Fatal(err)
	}
	_, err = c.SetChannel(ctx, storetest.Slug, "second", numbers("555,"+ourNumber))
	wantCode(t, err, ngo.Conflict)
	if a, err := c.Channel(ctx, storetest.Slug, "second"); err != nil || a.Settings["phone-number-id"] != "555,556" {
		t.Errorf("after a change that was refused: %+v, %v", a, err)
	}
	if _, err := c.SetChannel(ctx, storetest.Slug, "second", numbers("556,557")); err != nil {
		t.Errorf("another number: %v", err)
	}
	_, err = c.AddChannel(ctx, "other", in.whatsApp("whatsapp", ourNumber))
	wantCode(t, err, ngo.Conflict)
	if !strings.Contains(err.Error(), "another organisation of this server") || strings.Contains(strings.ToLower(err.Error()), storetest.Slug) {
		t.Errorf("%v; want it to keep to itself which organisation", err)
	}
}

func TestANumberIsFreeOnceItsChannelIsRemoved(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx, c := t.Context(), in.local
	if err := c.RemoveChannel(ctx, storetest.Slug, "whatsapp"); err != nil {
		t.Fatal(err)
	}
	removed, err := c.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || len(removed.Items) == 0 {
		t.Fatal(removed, err)
	}
	if _, err := c.AddChannel(ctx, "other", in.whatsApp("whatsapp", ourNumber)); err != nil {
		t.Fatal(err)
	}
	_, err = c.Undo(ctx, storetest.Slug, removed.Items[0].ID)
	wantCode(t, err, ngo.Conflict)
}

// Of several that take the same number at the same time one gets it.
func TestOneOfTwoGetsTheNumber(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	const each = 4
	told := make(chan error)
	for n := range 2 * each {
		slug := []string{storetest.Slug, "other"}[n%2]
		go func() {
			_, err := in.local.AddChannel(t.Context(), slug, in.whatsApp("n"+string(rune('a'+n)), "777"))
			told <- err
		}()
	}
	done := 0
	for range 2 * each {
		if err := <-told; err == nil {
			done++
		} else {
			wantCode(t, err, ngo.Conflict)
		}
	}
	if done != 1 {
		t.Errorf("%d have the number; want one", done)
	}
}
