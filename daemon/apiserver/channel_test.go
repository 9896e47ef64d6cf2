package apiserver_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/setting"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

func TestChannelSettingsAreChangedOneByOne(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	a, err := in.local.SetChannel(ctx, storetest.Slug, "email", api.SetAccount{Values: setting.Values{"from": "help@sevai.example"}})
	if err != nil || a.Settings["from"] != "help@sevai.example" || a.Settings["smtp"] != "127.0.0.1:1" {
		t.Fatalf("SetChannel = %+v, %v", a, err)
	}
	acts, err := in.local.Acts(ctx, storetest.Slug, api.ListQuery{})
	if err != nil || len(acts.Items) == 0 {
		t.Fatalf("Acts = %+v, %v", acts, err)
	}
	if _, err := in.local.Undo(ctx, storetest.Slug, acts.Items[0].ID); err != nil {
		t.Fatal(err)
	}
	if a, err = in.local.Channel(ctx, storetest.Slug, "email"); err != nil || a.Settings["from"] != "office@sevai.example" {
		t.Errorf("after undo: %+v, %v", a, err)
	}
	if a, err = in.local.SetChannel(ctx, storetest.Slug, "whatsapp", api.SetAccount{Values: setting.Values{"token": "canary-token"}}); err != nil || a.URL != "https://ngo.example.org/hooks/sevai/whatsapp" {
		t.Errorf("a new token: %+v, %v", a, err)
	}
	_, token := in.user("ravi", storetest.Slug, ngo.Admin)
	if body := in.raw("GET", token, "channels", ""); strings.Contains(body, "canary") || strings.Contains(body, "synthetic") {
		t.Errorf("secrets are shown: %s", body)
	}
	for name, values := range map[string]setting.Values{"an unknown one": {"colour": "red"}, "a faulty one": {"from": "nobody"}} {
		_, err = in.local.SetChannel(ctx, storetest.Slug, "email", api.SetAccount{Values: values})
		if ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("%s: %v, want Invalid", name, err)
		}
	}
	_, err = in.local.SetChannel(ctx, storetest.Slug, "nothing", api.SetAccount{Values: setting.Values{}})
	wantCode(t, err, ngo.NotFound)
}

func shownSteps(t api.GatewayTest) string {
	var b strings.Builder
	for _, s := range t.Steps {
		b.WriteString(s.Name + map[bool]string{true: "+ ", false: "- "}[s.OK])
	}
	return strings.TrimSpace(b.String())
}

func TestChannelsAreTried(t *testing.T) {
	t.Parallel()
	in := newInbox(t, func(o *apiserver.Options) {
		o.TryChannel = func(_ context.Context, _ *org.Org, name string) ([]api.TestStep, error) {
			return []api.TestStep{{Name: "way in", OK: name == "whatsapp"}}, nil
		}
	})
	ctx := t.Context()
	r, err := in.local.TestChannel(ctx, storetest.Slug, "whatsapp")
	if err != nil || !r.OK || shownSteps(r) != "settings+ log-in+ way in+ templates+" {
		t.Errorf("TestChannel = %+v, %v", r, err)
	}
	if all, err := in.local.Templates(ctx, storetest.Slug); err != nil || len(all) != 4 {
		t.Errorf("a test keeps the templates: %+v, %v", all, err)
	}
	in.graph.refuse(401)
	r, err = in.local.TestChannel(ctx, storetest.Slug, "whatsapp")
	if err != nil || r.OK || shownSteps(r) != "settings+ log-in- way in+ templates-" || r.Steps[1].Hint == "" {
		t.Errorf("with a token that is refused: %+v, %v", r, err)
	}
	r, err = in.local.TestChannel(ctx, storetest.Slug, "email")
	if err != nil || r.OK || shownSteps(r) != "settings+ log-in- way in-" {
		t.Errorf("mail = %+v, %v", r, err)
	}
	_, err = in.local.TestChannel(ctx, storetest.Slug, "nothing")
	wantCode(t, err, ngo.NotFound)
}

// Whose provider takes the credentials is told, so that what waits for the channel goes; of others nothing is said.
func TestAnsweringChannelsAreTold(t *testing.T) {
	t.Parallel()
	var told []ngo.AccountID
	in := newInbox(t, func(o *apiserver.Options) {
		o.Answers = func(_ context.Context, _ *org.Org, id ngo.AccountID) { told = append(told, id) }
	})
	ctx := t.Context()
	for _, name := range []string{"whatsapp", "email"} {
		if _, err := in.local.TestChannel(ctx, storetest.Slug, name); err != nil {
			t.Fatal(err)
		}
		if _, err := in.local.CheckChannel(ctx, storetest.Slug, name); err != nil {
			t.Fatal(err)
		}
	}
	a, err := in.local.Channel(ctx, storetest.Slug, "whatsapp")
	if err != nil || !slices.Equal(told, []ngo.AccountID{a.ID, a.ID}) {
		t.Errorf("told of %v, %v; want whatsapp twice, whose credentials are taken, and not email", told, err)
	}
}

func TestHealthOfChannels(t *testing.T) {
	t.Parallel()
	in := newInbox(t)
	ctx := t.Context()
	health := func() map[string]api.ChannelHealth {
		t.Helper()
		all, err := in.local.ChannelHealths(ctx, storetest.Slug)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]api.ChannelHealth{}
		for _, h := range all {
			out[h.Name] = h
		}
		return out
	}
	h := health()
	if w := h["whatsapp"]; !w.Hears || len(w.Lines) != 1 || w.Lines[0] != ourNumber || !strings.Contains(w.Problem, "template") || !strings.Contains(w.Hint, "template sync") {
		t.Errorf("whatsapp = %+v", w)
	}
	if m := h["email"]; m.Problem != "" || m.Hears {
		t.Errorf("email = %+v", m)
	}
	in.sync()
	c := in.hears("919840012345", "Meena", "Hello", time.Hour)
	if _, err := in.local.ReplyTo(ctx, storetest.Slug, c.Conversation.ID, api.Reply{Text: "Yes?"}); err != nil {
		t.Fatal(err)
	}
	if w := health()["whatsapp"]; w.Problem != "" || w.Waiting != 1 || w.LastIn == nil {
		t.Errorf("whatsapp = %+v", w)
	}
}
