package flow_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// Every sample that there is of WhatsApp is heard to its end: it is in a thread, or kept for a person, and no job fails over it.
func TestEverySampleIsHeard(t *testing.T) {
	t.Parallel()
	dir := os.Getenv("NGOCTL_FIXTURES")
	if dir == "" {
		t.Skip("NGOCTL_FIXTURES is not set")
	}
	bodies, numbers := whatsAppSamples(t, filepath.Join(dir, "channels", "whatsapp"))
	if len(bodies) == 0 {
		t.Fatal("there are no samples of WhatsApp")
	}
	h := newHouse(t)
	g := h.whatsApp("phone-number-id", strings.Join(numbers, ","), "waba-id", "102290129340398")
	for _, body := range bodies {
		id := g.arrive(body)
		if errs := h.work(); len(errs) > 0 {
			t.Errorf("sample %.200s: %v", body, errs)
		}
		h.read(func(rx *store.Rx) error {
			d, err := rx.Delivery(id)
			if err == nil && d.State == ngo.DeliveryAccepted {
				t.Errorf("delivery %+v was not worked on", d)
			}
			return err
		})
	}
	if len(h.threads()) == 0 {
		t.Error("no conversation came of all the samples")
	}
}

// whatsAppSamples gives the deliveries among the samples, and the ids of the numbers that they are for.
func whatsAppSamples(t *testing.T, dir string) (bodies, numbers []string) {
	t.Helper()
	var envelope struct {
		Object string `json:"object"`
		Entry  []struct {
			Changes []struct {
				Value struct {
					Metadata struct {
						Number string `json:"phone_number_id"`
					} `json:"metadata"`
				} `json:"value"`
			} `json:"changes"`
		} `json:"entry"`
	}
	found := map[string]bool{}
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		raw, err := os.ReadFile(path)
		must(t, err)
		envelope.Object, envelope.Entry = "", nil
		if json.Unmarshal(raw, &envelope) != nil || envelope.Object != "whatsapp_business_account" {
			return nil
		}
		bodies = append(bodies, string(raw))
		for _, e := range envelope.Entry {
			for _, c := range e.Changes {
				if n := c.Value.Metadata.Number; n != "" && strings.Trim(n, "0123456789") == "" {
					found[n] = true
				}
			}
		}
		return nil
	}))
	return bodies, slices.Sorted(maps.Keys(found))
}
