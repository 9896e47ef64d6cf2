package main

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAFileIsSavedUnderASafeName(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"form.pdf": "form.pdf", "ration card (2).pdf": "ration card -2-.pdf", "ரசீது.pdf": "ரசீது.pdf", "रसीद.jpg": "रसीद.jpg",
		"../../etc/passwd": "etc-passwd", `..\..\run.bat`: "run.bat", ".bashrc": "bashrc", "-rf": "rf", "$(reboot).txt": "reboot-.txt",
		"a\x1b[2Jb\nc": "ab c", "": "", "..": "",
	} {
		if got := safeName(given); got != want {
			t.Errorf("safeName(%q) = %q, want %q", given, got, want)
		}
	}
	got := safeName(strings.Repeat("ரசீது", 50) + ".pdf")
	if len(got) > 255 || !strings.HasSuffix(got, ".pdf") || !utf8.ValidString(got) {
		t.Errorf("a long name becomes %q of %d bytes", got, len(got))
	}
}
