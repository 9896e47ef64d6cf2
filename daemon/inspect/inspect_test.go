package inspect

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMain(m *testing.M) {
	if IsChild(os.Args[1:]) {
		os.Exit(Child())
	}
	if misbehaving(os.Args[1:]) {
		os.Exit(misbehavior(os.Args[2]))
	}
	os.Exit(m.Run())
}

func newInspector(t testing.TB) *Inspector {
	t.Helper()
	i, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func inspect(t testing.TB, content []byte, claimed, name string, l Limits) Report {
	t.Helper()
	r, err := newInspector(t).Inspect(t.Context(), bytes.NewReader(content), claimed, name, l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestAPictureIsLookedAtInAChild(t *testing.T) {
	t.Parallel()
	photo := jpegOf(t, 800, 600)
	r := inspect(t, photo, "image/jpeg", "photo.jpg", Limits{})
	if r.Refused != "" || r.Type != "image/jpeg" || r.Kind != "image" || r.Width != 800 || r.Height != 600 {
		t.Errorf("Inspect = %+v; want a JPEG of 800 × 600", r)
	}
	if r.Size != int64(len(photo)) || r.SHA256 != sha256.Sum256(photo) {
		t.Errorf("Inspect says %d bytes, %x", r.Size, r.SHA256)
	}
	if c := config(t, r.Thumb); c.Width != 256 || c.Height != 192 {
		t.Errorf("the small picture is %d × %d; want 256 × 192", c.Width, c.Height)
	}
}

var errSource = errors.New("the line broke")

func TestWhatIsNotTheFilesFaultIsAnError(t *testing.T) {
	t.Parallel()
	i := newInspector(t)
	broken := io.MultiReader(strings.NewReader("some text"), errReader{})
	if _, err := i.Inspect(t.Context(), broken, "", "", Limits{}); !errors.Is(err, errSource) {
		t.Errorf("a reader that fails gives %v; want its own error", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := i.Inspect(ctx, strings.NewReader("x"), "", "", Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended gives %v", err)
	}
	gone, err := New(Options{Command: []string{"/nowhere/at/all"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gone.Inspect(t.Context(), strings.NewReader("x"), "", "", Limits{}); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a child that cannot be started gives %v; want Unavailable", err)
	}
	mute, err := New(Options{Command: []string{"/bin/true"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := mute.Inspect(t.Context(), strings.NewReader("x"), "", "", Limits{}); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("a child that says nothing gives %v; want Unavailable", err)
	}
}

// hanging says when it is read, and then gives nothing until the test is over or should be. Whoever waits for it so long is found out.
type hanging struct {
	read chan struct{}
	over <-chan struct{}
	once sync.Once
}

func (h *hanging) Read([]byte) (int, error) {
	h.once.Do(func() { close(h.read) })
	<-h.over
	return 0, io.EOF
}

func newHanging(t *testing.T) *hanging {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), 20*time.Second)
	t.Cleanup(func() {
		if ctx.Err() != nil {
			t.Error("the reader was waited for")
		}
		cancel()
	})
	return &hanging{read: make(chan struct{}), over: ctx.Done()}
}

// Nobody waits for a file that does not come, and its place is given back.
func TestAReaderThatHangs(t *testing.T) {
	t.Parallel()
	i, err := New(Options{AtOnce: 1})
	if err != nil {
		t.Fatal(err)
	}
	i.wall = 100 * time.Millisecond
	if _, err := i.Inspect(t.Context(), io.MultiReader(strings.NewReader("some text"), newHanging(t)), "", "", Limits{}); ngo.CodeOf(err) != ngo.Unavailable {
		t.Errorf("at the end of its time it gives %v; want Unavailable", err)
	}
	i.wall = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	h := newHanging(t)
	go func() { <-h.read; cancel() }()
	if _, err := i.Inspect(ctx, h, "", "", Limits{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ended gives %v", err)
	}
	i.wall = wallTime
	r, err := i.Inspect(t.Context(), io.MultiReader(strings.NewReader("MZ"+strings.Repeat("x", 64<<10)), newHanging(t)), "", "", Limits{})
	if err != nil || r.Refused == "" {
		t.Errorf("a program of which the rest hangs gives %+v, %v; want it refused", r, err)
	}
	if _, err := i.Inspect(t.Context(), strings.NewReader("text"), "", "", Limits{}); err != nil {
		t.Errorf("afterwards it gives %v", err)
	}
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errSource }

// Places are given back whatever came of a file.
func TestChildrenTakeTurns(t *testing.T) {
	t.Parallel()
	i, err := New(Options{AtOnce: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, content := range []string{"text", "MZ a program", "", "PK\x03\x04"} {
		if _, err := i.Inspect(t.Context(), strings.NewReader(content), "", "", Limits{}); err != nil {
			t.Fatalf("%q: %v", content, err)
		}
	}
	i.places <- struct{}{}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := i.Inspect(ctx, strings.NewReader("text"), "", "", Limits{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("without a place it gives %v; want to have waited in vain", err)
	}
}

func TestALongNameHidesNoEnding(t *testing.T) {
	t.Parallel()
	r := inspect(t, []byte("start calc\r\n"), "text/plain", strings.Repeat("x", 1200)+".bat", Limits{})
	if !strings.Contains(r.Refused, ".bat") {
		t.Errorf("refused: %q; want it for its ending", r.Refused)
	}
}
