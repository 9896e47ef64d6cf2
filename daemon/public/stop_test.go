package public_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestRemindersEndByOneCall(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	first, second := s.gift("sevai", meena), s.gift("sevai", meena)
	stop := s.link("sevai", first.ID) + "/stop"
	status, page, _ := s.get(stop + "?lang=ta")
	if status != http.StatusOK || s.donation("sevai", first.ID).Quiet {
		t.Fatalf("looking answers %d, and the gift is quiet: %v; a look must change nothing", status, s.donation("sevai", first.ID).Quiet)
	}
	s.wants("the page", page, "<form", `action="?lang=ta"`, "நினைவூட்டல்களை நிறுத்து")
	for range 2 { // mail readers repeat themselves
		status, page, header := s.post(stop, url.Values{"List-Unsubscribe": {"One-Click"}})
		if status != http.StatusOK || header.Get("Location") != "" || len(header.Values("Set-Cookie")) > 0 {
			t.Fatalf("the one call answers %d, %v", status, header)
		}
		s.wants("the page", page, "The reminders have ended")
		if strings.Contains(page, "<form") {
			t.Errorf("the page still has its button:\n%s", page)
		}
	}
	if !s.donation("sevai", first.ID).Quiet || !s.donation("sevai", second.ID).Quiet {
		t.Error("the reminders go on")
	}
	if status, _, _ := s.post(s.link("sevai", first.ID), answers()); status != http.StatusSeeOther {
		t.Errorf("an answer after that answers %d", status)
	}
}

func TestNobodyElseEndsReminders(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	gift := s.gift("sevai", meena)
	link := s.link("sevai", gift.ID)
	for name, address := range map[string]string{
		"another organisation": strings.Replace(link, "/o/sevai/", "/o/asha/", 1), "cut off": link[:len(link)-1], "an id": s.server.URL + "/o/sevai/donor/" + string(gift.ID),
	} {
		if status, _, _ := s.post(address+"/stop", nil); status != http.StatusNotFound {
			t.Errorf("%s answers %d", name, status)
		}
	}
	s.skew.Store(int64(76 * 24 * time.Hour))
	if status, _, _ := s.post(link+"/stop", nil); status != http.StatusGone {
		t.Errorf("an old link answers %d", status)
	}
	if s.donation("sevai", gift.ID).Quiet {
		t.Error("a stranger ended the reminders")
	}
}
