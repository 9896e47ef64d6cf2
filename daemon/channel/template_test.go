package channel_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ngoctl/ngoctl/daemon/channel"
	"github.com/ngoctl/ngoctl/store/ngo"
)

func thanks() channel.Template {
	return channel.Template{
		Ref: "7001", Name: "thanks", Language: "ta", State: channel.TemplateApproved, Category: "utility",
		Header:  channel.Part{Kind: "text", Text: "Receipt {{1}}", Parameters: []string{"1"}, Examples: []string{"SVT/1"}},
		Body:    channel.Part{Kind: "text", Text: "Dear {{1}}, thank you for {{2}}.", Parameters: []string{"1", "2"}},
		Footer:  "Sevai",
		Buttons: []channel.Button{{Kind: "quick_reply", Text: "Stop"}, {Kind: "url", Text: "See", URL: "https://x.example/{{1}}", Parameter: true}},
	}
}

func TestTemplatesAreKept(t *testing.T) {
	t.Parallel()
	row, err := thanks().Keep("acc_x", time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	if err != nil || row.State != "approved" || row.Account != "acc_x" {
		t.Fatalf("Keep = %+v, %v", row, err)
	}
	again, err := channel.Kept(row)
	if d := cmp.Diff(thanks(), again); err != nil || d != "" {
		t.Errorf("Kept: %v %s", err, d)
	}
	if _, err := channel.Kept(ngo.Template{Parts: []byte("{")}); err == nil {
		t.Error("broken parts are read without an error")
	}
}

func TestFill(t *testing.T) {
	t.Parallel()
	head := map[string]string{"1": "SVT/2026-27/D/000123"}
	filled, text, err := thanks().Fill(head, map[string]string{"1": "மீனா {{2}}", "2": "₹500"}, []string{"r/1"})
	want := "Receipt SVT/2026-27/D/000123\nDear மீனா {{2}}, thank you for ₹500.\nSevai\n[Stop]\n[See]"
	if err != nil || text != want || filled.Category != "utility" {
		t.Fatalf("Fill = %+v, %q, %v", filled, text, err)
	}
	if d := cmp.Diff([]channel.Pressed{{Place: 1, Kind: "url", Value: "r/1"}}, filled.Buttons); d != "" {
		t.Errorf("buttons: %s", d)
	}
	for _, tt := range []struct {
		name    string
		body    map[string]string
		buttons []string
		want    string
	}{
		{"one is missing", map[string]string{"1": "Meena"}, []string{"r"}, "{{2}} is not given"},
		{"one too many", map[string]string{"1": "a", "2": "b", "3": "c"}, []string{"r"}, "has no {{3}}"},
		{"empty", map[string]string{"1": " ", "2": "b"}, []string{"r"}, "is empty"},
		{"line break", map[string]string{"1": "a\nb", "2": "b"}, []string{"r"}, "line break"},
		{"tab", map[string]string{"1": "a\tb", "2": "b"}, []string{"r"}, "tab"},
		{"blanks", map[string]string{"1": "a     b", "2": "b"}, []string{"r"}, "four blanks"},
		{"long", map[string]string{"1": strings.Repeat("அ", 1025), "2": "b"}, []string{"r"}, "1024"},
		{"no button", map[string]string{"1": "a", "2": "b"}, nil, "0 values"},
		{"empty button", map[string]string{"1": "a", "2": "b"}, []string{""}, "button 2 is empty"},
	} {
		_, _, err := thanks().Fill(head, tt.body, tt.buttons)
		if ngo.CodeOf(err) != ngo.Invalid || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want Invalid with %q", tt.name, err, tt.want)
		}
	}
}
