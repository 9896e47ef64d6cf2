package apiserver_test

import (
	"bytes"
	"encoding/base64"
	"os/exec"
	"strings"
	"testing"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/daemon/apiserver"
	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/daemon/channel/email"
	"github.com/ngoctl/ngoctl/daemon/org"
	"github.com/ngoctl/ngoctl/daemon/sim"
	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
	"github.com/ngoctl/ngoctl/store/storetest"
)

// A sample has the code that can be scanned where donors' receipts have it, and there alone.
func TestSampleIsWhatDonorsGet(t *testing.T) {
	t.Parallel()
	for _, base := range []string{"", "https://give.example.org"} {
		f := newFixture(t, func(o *apiserver.Options) {
			var err error
			o.DonorURL = base
			o.Book, err = org.New(org.Options{Store: o.Store, Channels: []channel.Driver{email.New(email.Options{})}})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(o.Book.Close)
		})
		server, err := sim.NewSMTP(sim.SMTPOptions{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		a := f.org.NewAccount(ngo.Channel, "email", "email", map[string]string{"smtp": server.Addr(), "from": "office@sevai.example"}, nil)
		storetest.Write(t, f.org, func(tx *store.Tx) error { return tx.AddAccount(a) })
		got, err := f.local.SendSample(t.Context(), storetest.Slug, api.SampleRequest{To: "meena@example.org"})
		if err != nil || !got.OK || server.Total() != 1 {
			t.Fatalf("SendSample = %+v, %v; %d mails", got, err, server.Total())
		}
		if said := attached(t, server.Mails()[0].Data); strings.Contains(said, "Scan to check") != (base != "") || !strings.Contains(said, "SAMPLE") {
			t.Errorf("with donors at %q the sample says\n%s", base, said)
		}
	}
}

// attached gives the text of the PDF that ends a mail.
func attached(t *testing.T, mail []byte) string {
	t.Helper()
	path, err := exec.LookPath("pdftotext")
	if err != nil {
		t.Skip("pdftotext is not installed")
	}
	_, body, _ := strings.Cut(string(mail), "receipt-sample.pdf")
	_, body, _ = strings.Cut(body, "\r\n\r\n")
	body, _, _ = strings.Cut(body, "\r\n--")
	pdf, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\r\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
