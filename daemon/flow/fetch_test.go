package flow_test

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/ngoctl/ngoctl/store"
	"github.com/ngoctl/ngoctl/store/ngo"
)

const fileID = "700000000000001"

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))))
	return b.Bytes()
}

// document is a message with a file that WhatsApp has.
func (h *house) document(kind, mime, name string) string {
	return h.item(meena, "wamid.file", kind, fmt.Sprintf(`{"id":%q,"mime_type":%q,"filename":%q,"url":"https://lookaside.fbsbx.com/x"}`, fileID, mime, name))
}

func (h *house) attachment() (a store.AttachmentSource) {
	h.t.Helper()
	c := h.thread()
	last := c.messages[len(c.messages)-1]
	h.read(func(rx *store.Rx) error {
		all, err := rx.AttachmentsOf(last.ID)
		if err == nil && len(all) != 1 {
			h.t.Fatalf("attachments %+v; want one", all)
		}
		a = all[0]
		return err
	})
	return a
}

func TestFileIsFetchedAndKept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	data := picture(t)
	g.serve(fileID, data)
	g.hears(messages(h.document("image", "image/png", "")))
	a := h.attachment()
	if a.State != ngo.AttachmentKept || a.Type != "image/png" || a.Width != 40 || a.Height != 30 || a.Size != int64(len(data)) || a.SourceURL != "" {
		t.Fatalf("attachment %+v; want the picture, and its address forgotten", a)
	}
	if got := h.content(a.Blob); !bytes.Equal(got, data) {
		t.Errorf("%d bytes kept; want %d", len(got), len(data))
	}
	if jobs := h.state().jobs; len(jobs) != 0 {
		t.Errorf("jobs %+v; want none", jobs)
	}
}

func TestFilesThatAreNotKept(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		item  func(*house) string
		data  []byte
		state ngo.AttachmentState
		says  string
	}{
		"gone":            {func(h *house) string { return h.document("image", "image/png", "") }, nil, ngo.AttachmentLost, "no longer"},
		"a program":       {func(h *house) string { return h.document("document", "application/pdf", "a.pdf") }, append([]byte("MZ"), make([]byte, 200)...), ngo.AttachmentRefused, ""},
		"a lying picture": {func(h *house) string { return h.document("image", "image/png", "") }, []byte("\x89PNG\r\n\x1a\nnot one at all"), ngo.AttachmentRefused, ""},
		"no id": {func(h *house) string {
			return h.item(meena, "wamid.file", "image", `{"mime_type":"image/png"}`)
		}, nil, ngo.AttachmentLost, "did not say"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			if tt.data != nil {
				g.serve(fileID, tt.data)
			}
			g.hears(messages(tt.item(h)))
			a := h.attachment()
			if a.State != tt.state || a.Reason == "" || !strings.Contains(a.Reason, tt.says) || a.Blob != "" || a.SourceURL != "" {
				t.Errorf("attachment %+v; want it %s with a reason", a, tt.state)
			}
			if jobs := h.state().jobs; len(jobs) != 0 {
				t.Errorf("jobs %+v; want none", jobs)
			}
		})
	}
}

// Whatever keeps the provider from giving a file away, it is tried for as long as it keeps it.
func TestFileIsTriedForAWeek(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{true, false} {
		t.Run(fmt.Sprint(back), func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			g := h.whatsApp()
			g.serve(fileID, picture(t))
			g.broken(503)
			g.hears(messages(h.document("image", "image/png", "")))
			for range 6 {
				h.later(time.Hour)
				h.works()
			}
			if a := h.attachment(); a.State != ngo.AttachmentWanted {
				t.Fatalf("attachment %+v; want it wanted still", a)
			}
			want := ngo.AttachmentLost
			if back {
				g.broken(0)
				want = ngo.AttachmentKept
			} else {
				h.later(8 * 24 * time.Hour)
			}
			h.later(time.Hour)
			h.works()
			if a := h.attachment(); a.State != want || len(h.state().jobs) != 0 {
				t.Errorf("attachment %+v; want it %s", a, want)
			}
		})
	}
}

// A provider that gives nothing away is not asked for each of very many files: receipts are drawn by those who would wait for it.
func TestSilentProviderIsLeftAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	g.broken(503)
	var all []string
	for n := range 30 {
		all = append(all, h.item(meena, fmt.Sprint("wamid.", n), "image", fmt.Sprintf(`{"id":"%s%02d","mime_type":"image/png"}`, fileID, n)))
		g.serve(fmt.Sprintf("%s%02d", fileID, n), picture(t))
	}
	g.hears(messages(all...))
	asked := 0
	for path, n := range g.asked {
		if strings.Contains(path, fileID) {
			asked += n
		}
	}
	if asked == 0 || asked > 10 {
		t.Errorf("asked %d times for 30 files; want a few", asked)
	}
	g.broken(0)
	h.later(time.Hour)
	h.works()
	for _, m := range h.thread().messages {
		if a := m.Attachments[0]; a.State != ngo.AttachmentKept {
			t.Errorf("attachment %+v; want it kept", a)
		}
	}
}

// A file that the program dies of shows as not fetched. Its job tried again by hand fetches it.
func TestFileWhoseJobIsParked(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	g := h.whatsApp()
	g.serve(fileID, picture(t))
	g.broken(503)
	g.hears(messages(h.document("image", "image/png", "")))
	h.later(time.Hour)
	var job ngo.Job
	h.write(func(tx *store.Tx) error {
		jobs, err := tx.Claim(ngo.LaneDocument, 1, 1)
		if err != nil || len(jobs) != 1 {
			t.Fatalf("jobs %+v, %v; want the one that fetches", jobs, err)
		}
		job = jobs[0]
		if err := tx.Park(job, "it crashed"); err != nil {
			return err
		}
		return h.flow.Parked(tx, job)
	})
	if a := h.attachment(); a.State != ngo.AttachmentLost || !strings.Contains(a.Reason, string(job.ID)) {
		t.Errorf("attachment %+v; want it not fetched, and where to see why", a)
	}
	g.broken(0)
	must(t, h.retryJob(job.ID))
	h.later(time.Hour)
	h.works()
	if a := h.attachment(); a.State != ngo.AttachmentKept || a.Reason != "" || len(h.state().jobs) != 0 {
		t.Errorf("attachment %+v, jobs %+v; want it fetched", a, h.state().jobs)
	}
}
