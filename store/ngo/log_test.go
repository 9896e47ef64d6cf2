package ngo_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestLogsShowNoNames(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	donor := ngo.Donor{Name: "SECRET", EMail: "SECRET@example.org", Phone: "+91SECRET", Address: "SECRET", PAN: "SECRET"}
	log.Info("x", "donor", donor, "donation", ngo.Donation{ID: "don_1", Donor: donor}, "person", ngo.Person{ID: "per_1", Name: "SECRET"},
		"identity", ngo.Identity{Kind: ngo.EMail, Value: "SECRET"}, "message", ngo.Message{ID: "msg_1", Recipient: "SECRET"})
	if strings.Contains(out.String(), "SECRET") {
		t.Errorf("the log shows personal data: %s", out.String())
	}
	for _, want := range []string{"don_1", "per_1", "msg_1", "donor.pan=true", "identity=email"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the log lacks %q: %s", want, out.String())
		}
	}
}
