package ngo

import "testing"

func TestWrittenIn(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"வணக்கம், என் ரசீது எப்போது வரும்?": "ta", "नमस्ते, फ़ॉर्म कहाँ मिलेगा?": "hi", "Where is my receipt?": "", "": "", "123 !": "",
		"enakku receipt venum": "", "OK மீனா, please send the receipt": "", "ரசீது PDF வேண்டும்": "ta", "😀": "",
	} {
		if got := WrittenIn(text); got != want {
			t.Errorf("WrittenIn(%q) = %q, want %q", text, got, want)
		}
	}
}
