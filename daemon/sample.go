package daemon

import (
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/ngoctl/ngoctl/daemon/receipt"
	"github.com/ngoctl/ngoctl/daemon/typeset"
)

// SampleOptions says which made-up receipt is wanted. Everything may stay empty.
type SampleOptions struct {
	Dir      string // a data folder whose law files count, if it is there
	Language string // en, ta, hi
	Year     string // financial year of the gift, such as 2025-26; the present one
	Now      time.Time
}

// SampleReceipt draws a made-up receipt, marked as such. It opens nothing but the folder's law files, and takes no lock. It fails
// with Invalid for a year that is none. A law file that cannot be used is left aside here; the daemon says so.
func SampleReceipt(o SampleOptions) ([]byte, error) {
	var own fs.FS // nil: those built in
	if o.Dir != "" {
		own = os.DirFS(filepath.Join(o.Dir, "law"))
	}
	laws, _, err := receipt.LoadLaws(own)
	if err != nil {
		return nil, err
	}
	facts, err := receipt.Sample(laws, o.Language, o.Year, o.Now)
	if err != nil {
		return nil, err
	}
	return receipt.PDF(typeset.New(), facts, receipt.Paper{Mark: receipt.Specimen, Printed: o.Now})
}
