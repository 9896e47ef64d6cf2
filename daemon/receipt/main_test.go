package receipt_test

import (
	"os"
	"testing"

	"github.com/pdfcpu/pdfcpu/pkg/api"
)

// pdfcpu else keeps its settings in the user's home; it is told so by a global that tests at the same time may not write.
func TestMain(m *testing.M) {
	api.DisableConfigDir()
	os.Exit(m.Run())
}
