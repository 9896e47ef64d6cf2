package meta

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// A name of Meta's may be made to point at this box. Files are then not asked for, also where the API itself was set to lie here.
func TestNoNameOfMetasLeadsInward(t *testing.T) {
	t.Parallel()
	here := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("this box was asked") }))
	t.Cleanup(here.Close)
	c, err := NewClient(Options{Base: here.URL, Usual: "https://graph.facebook.com", Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, here.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.media.Do(req); ngo.CodeOf(err) != ngo.Denied {
		t.Errorf("a file that lies here = %v; want Denied", err)
	}
}
