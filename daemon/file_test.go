package daemon

import (
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/daemon/blob"
	"github.com/ngoctl/ngoctl/daemon/inspect"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// paper is a PDF of 25 MB that lies nowhere.
func paper() io.Reader {
	return io.MultiReader(strings.NewReader("%PDF-1.7\n"), io.LimitReader(spaces{}, 25<<20), strings.NewReader("\nstartxref\n9\n%%EOF"))
}

type spaces struct{}

func (spaces) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = ' '
	}
	return len(b), nil
}

// taken takes a file in as the steps do: sealed as it comes, looked at, kept.
func taken(t testing.TB, shelf *blob.Store, files *inspect.Inspector) (b blob.Blob) {
	t.Helper()
	w, err := shelf.Create(t.Context(), ngo.NewID[ngo.BlobID](time.Now()))
	fine(t, err)
	defer w.Abort()
	_, err = io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{paper()}, make([]byte, 32<<10))
	fine(t, err)
	content, err := w.Content()
	fine(t, err)
	report, err := files.Inspect(t.Context(), content, "application/pdf", "paper.pdf", inspect.Limits{})
	fine(t, errors.Join(err, content.Close()))
	if report.Refused != "" || report.Size != w.Size() {
		t.Fatalf("%+v", report)
	}
	b, err = w.Commit()
	fine(t, err)
	return b
}

// A file of 25 MB costs the daemon hardly more memory than a small one: all that is ever allocated for it comes to less than 10 MB.
func TestALargeFileTakesLittleMemory(t *testing.T) {
	files, err := inspect.New(inspect.Options{})
	fine(t, err)
	base, o, _ := newBase(t)
	shelf, err := base.blobs.Of(o.Info())
	fine(t, err)
	taken(t, shelf, files) // what is made once
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b := taken(t, shelf, files)
	r, err := shelf.Open(t.Context(), b)
	fine(t, err)
	n, err := io.Copy(io.Discard, r)
	fine(t, errors.Join(err, r.Close()))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; n != b.Size || used > 10<<20 {
		t.Errorf("%d of %d bytes came back, for which %d KB were allocated", n, b.Size, used>>10)
	} else {
		t.Logf("%d KB were allocated", used>>10)
	}
}

// BenchmarkFile is a file of 25 MB on its way in: sealed, looked at, kept.
func BenchmarkFile(b *testing.B) {
	files, err := inspect.New(inspect.Options{})
	fine(b, err)
	base, o, _ := newBase(b)
	shelf, err := base.blobs.Of(o.Info())
	fine(b, err)
	b.SetBytes(25 << 20)
	b.ReportAllocs()
	for b.Loop() {
		taken(b, shelf, files)
	}
}
