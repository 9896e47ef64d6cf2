package typeset_test

import (
	"bytes"
	"image/png"
	"os/exec"
	"testing"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"github.com/ngoctl/ngoctl/daemon/typeset"
)

func TestQRCanBeScannedFromTheRenderedPage(t *testing.T) {
	t.Parallel()
	const text = "https://sevai.example.org/r/01kexamp1ec0de00000000abcd"
	d := typeset.New().Document(typeset.Info{})
	if err := d.Page(typeset.A5).QR(280, 480, 74, text); err != nil {
		t.Fatal(err)
	}
	file, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(tool(t, "pdftoppm"), "-r", "150", "-png", "-")
	cmd.Stdin = bytes.NewReader(file)
	picture, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	bitmap, err := gozxing.NewBinaryBitmapFromImage(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := qrcode.NewQRCodeReader().Decode(bitmap, nil)
	if err != nil || got.GetText() != text {
		t.Errorf("scanned %v, %v; want %s", got, err, text)
	}
}
