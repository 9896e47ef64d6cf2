package receipt_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu/model"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestLockedReceiptsOpenWithThePasswordAlone(t *testing.T) {
	t.Parallel()
	lib := typeset.New()
	for name, g := range cases() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			open := pdf(t, lib, issued(t, g))
			out, err := receipt.Lock(open, "ABCPE1234F")
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"SEVAI", "Asha", "\x00S\x00E\x00V\x00A\x00I", "00530045005600410049"} {
				if bytes.Contains(out, []byte(secret)) {
					t.Errorf("the locked file shows %q", secret)
				}
			}
			path := filepath.Join(t.TempDir(), "a.pdf")
			if err := os.WriteFile(path, out, 0o600); err != nil {
				t.Fatal(err)
			}
			if text, err := exec.Command(tool(t, "qpdf"), "--password=ABCPE1234F", "--check", path).CombinedOutput(); err != nil || !bytes.Contains(text, []byte("R = 6")) || bytes.Contains(text, []byte("not allowed")) {
				t.Errorf("qpdf: %v\n%s", err, text)
			}
			for _, password := range []string{"", "abcpe1234f", "ABCPE1234", "ABCPE1234F "} {
				if text, err := exec.Command(tool(t, "qpdf"), "--password="+password, "--check", path).CombinedOutput(); err == nil {
					t.Errorf("it opens with %q:\n%s", password, text)
				}
			}
			c := model.NewDefaultConfiguration()
			c.UserPW = "ABCPE1234F"
			if err := api.Validate(bytes.NewReader(out), c); err != nil {
				t.Errorf("pdfcpu: %v", err)
			}
			if want, got := textOf(t, open, ""), textOf(t, out, "ABCPE1234F"); want != got || want == "" {
				t.Errorf("the locked receipt says\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// All that a paper can have is locked with it.
func TestLockedPapersWithPicturesAndMarks(t *testing.T) {
	t.Parallel()
	g := gift()
	g.Donation.Donor.Language = "ta"
	f := issued(t, g)
	f.VerifyURL = "https://ngo.example/r/sevai.01kexamp1ec0de00000000abcd"
	open, err := receipt.PDF(typeset.New(), f, receipt.Paper{Logo: drawing(t), Signature: drawing(t), Mark: receipt.Duplicate, Printed: f.Issued})
	if err != nil {
		t.Fatal(err)
	}
	out, err := receipt.Lock(open, "05031970")
	if err != nil {
		t.Fatal(err)
	}
	if want, got := textOf(t, open, ""), textOf(t, out, "05031970"); want != got || !strings.Contains(got, "DUPLICATE") {
		t.Errorf("the locked receipt says\n%s\nwant\n%s", got, want)
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(tool(t, "qpdf"), "--password=05031970", "--check", path).CombinedOutput(); err != nil {
		t.Errorf("qpdf: %v\n%s", err, text)
	}
}

// What a locked file shows without its password tells nothing of what is in it, and nowhere does it say that it is PDF/A, which
// no locked file is.
func TestLockedPapersClaimAndTellNothing(t *testing.T) {
	t.Parallel()
	open := pdf(t, typeset.New(), issued(t, gift()))
	out, err := receipt.Lock(open, "05031970")
	if err != nil {
		t.Fatal(err)
	}
	_, id, _ := bytes.Cut(open, []byte("/ID[<"))
	if digest := id[:32]; bytes.Contains(out, digest) || !bytes.Contains(out, []byte("/ID[<")) {
		t.Errorf("the locked file has the digest of the open one, or no id")
	}
	path := filepath.Join(t.TempDir(), "a.pdf")
	if err := os.WriteFile(path, out, 0o600); err != nil {
		t.Fatal(err)
	}
	plain, err := exec.Command(tool(t, "qpdf"), "--password=05031970", "--decrypt", "--qdf", path, "-").Output()
	if err != nil || !bytes.Contains(plain, []byte("<dc:title>")) || bytes.Contains(plain, []byte("pdfaid:part")) {
		t.Errorf("unlocked it claims to be PDF/A, or has no title: %v", err)
	}
}

func textOf(t *testing.T, pdf []byte, password string) string {
	t.Helper()
	cmd := exec.Command(tool(t, "pdftotext"), "-upw", password, "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestLockRefuses(t *testing.T) {
	t.Parallel()
	good := pdf(t, typeset.New(), issued(t, gift()))
	for _, password := range []string{"", "tab\t", "மீனா", "\x00", "\xff", strings.Repeat("x", 128)} {
		if _, err := receipt.Lock(good, password); ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("Lock with %q = %v; want Invalid", password, err)
		}
	}
	for name, bad := range map[string][]byte{
		"nothing": nil, "no PDF": []byte("%PDF-1.7\n"), "cut off": good[:len(good)/2], "a table alone": []byte("\nxref\n0 3\n"),
		"moved": append([]byte("x"), good...), "no size": bytes.Replace(good, []byte("/Size"), []byte("/Sixe"), 1),
		"other lengths": bytes.ReplaceAll(good, []byte("/Length "), []byte("/Length 1")),
	} {
		if _, err := receipt.Lock(bad, "x"); ngo.CodeOf(err) != ngo.Internal {
			t.Errorf("Lock of %s = %v; want Internal", name, err)
		}
	}
}

func FuzzLock(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n1 0 obj\n<</A(b)>>\nendobj\nxref\n0 2\n0000000000 65535 f \n0000000009 00000 n \ntrailer\n<</Size 2/Root 1 0 R>>\nstartxref\n35\n%%EOF\n"))
	f.Add([]byte("\nxref\n0 99999999\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if out, err := receipt.Lock(data, "x"); err != nil && ngo.CodeOf(err) != ngo.Internal || err == nil && len(out) == 0 {
			t.Errorf("Lock = %d bytes, %v", len(out), err)
		}
	})
}

func BenchmarkLock(b *testing.B) {
	data, err := receipt.PDF(typeset.New(), issued(b, gift()), receipt.Paper{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := receipt.Lock(data, "ABCPE1234F"); err != nil {
			b.Fatal(err)
		}
	}
}
