package public

import (
	"regexp"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func cid(id string) string {
	if id == "logo@x" {
		return "/files/sevai.LOGO"
	}
	return ""
}

func TestCleaned(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, page, want string }{
		{"text", "Dear <b>Meena</b>,<br>thanks &amp; bye", "Dear <b>Meena</b>,<br>thanks &amp; bye"},
		{"script", "a<script>alert(1)</script>b", "ab"},
		{"script without an end", "a<script>alert(1)", "a"},
		{"script in a script", "a<scr<script>ipt>alert(1)</script>b", "aipt&gt;alert(1)b"},
		{"script that is no script", "<script/src=//evil.example>x</script>y", "y"},
		{"handlers", `<p onclick="x()" OnMouseOver=x() style="color:red">a</p>`, `<p style="color:red">a</p>`},
		{"handler of a picture", `<img src=x onerror=alert(1)>`, ``},
		{"body", `<html><head><title>t</title></head><body onload=alert(1) background=http://evil.example/x>a</body></html>`, `a`},
		{"link", `<a href="https://good.example/x?a=b&c=d">go</a>`, `<a href="https://good.example/x?a=b&amp;c=d" rel="noopener noreferrer nofollow" target="_blank">go</a> <small><bdi>[good.example]</bdi></small>`},
		{"link that lies", `<a href="https://bank.example@evil.example/">bank.example</a>`, `<a href="https://evil.example/" rel="noopener noreferrer nofollow" target="_blank">bank.example</a> <small><bdi>[evil.example]</bdi></small>`},
		{"javascript", `<a href="javascript:alert(1)">a</a>`, `<a>a</a>`},
		{"javascript in disguise", `<a href=" java&#10;script:alert(1)">a</a><a href="&#1;JaVaScRiPt:alert(1)">b</a>`, `<a>a</a><a>b</a>`},
		{"data link", `<a href="data:text/html,<script>alert(1)</script>">a</a>`, `<a>a</a>`},
		{"link to here", `<a href="/api/v1/orgs">a</a><a href="//evil.example/x">b</a><a href="#x">c</a>`, `<a>a</a><a>b</a><a>c</a>`},
		{"link without slashes", `<a href="https:evil.example/x">bank.example</a><a href="HTTP:evil.example">b</a><a href="https:/evil.example">c</a><a href="https:\\evil.example">d</a>`, `<a>bank.example</a><a>b</a><a>c</a><a>d</a>`},
		{"mail link", `<a href="mailto:a@example.org">a</a>`, `<a href="mailto:a@example.org" rel="noopener noreferrer nofollow" target="_blank">a</a>`},
		{"refresh", `<meta http-equiv=refresh content="0;url=https://evil.example">a`, `a`},
		{"base", `<base href="https://evil.example/">a`, `a`},
		{"style sheet", `<link rel=stylesheet href=https://evil.example/x.css><style>@import "https://evil.example"; body{background:url(x)}</style>a`, `a`},
		{"frames", `<iframe src=https://evil.example></iframe><iframe srcdoc="<script>x</script>">inner</iframe>a<frameset><frame src=x></frameset>`, `a`},
		{"form", `<form action=https://evil.example><input name=password><button>Log in</button></form>`, `Log in`},
		{"objects", `<object data=x><param name=y>inner</object><embed src=x>a<applet code=x>z</applet>`, `a`},
		{"drawing", `<svg onload=alert(1)><script>alert(1)</script><a xlink:href="javascript:x">t</a></svg>a<svg/>b`, `ab`},
		{"drawings in each other", `<svg><svg></svg><image href=https://evil.example/x></svg>a`, `a`},
		{"formula", `<math><mi//xlink:href="data:x,<script>alert(1)</script>">x</math>a`, `a`},
		{"media", `<video src=https://evil.example/x autoplay></video><audio src=x></audio><source src=x><track src=x>a`, `a`},
		{"styles", `<p style="position:fixed;top:0;background:url(https://evil.example);color:red;width:expression(alert(1));margin:-900px;color:r\65 d;behavior:url(x);font-family:'Noto Sans', Arial">a</p>`,
			`<p style="color:red;font-family:&#39;Noto Sans&#39;, Arial">a</p>`},
		{"style that ends early", `<p style="color:red&quot; onload=&quot;x">a</p>`, `<p>a</p>`},
		{"colour", `<td bgcolor="#ff0000" width=100% style="background-color:rgb(1, 2, 3)">a</td>`, `<td bgcolor="#ff0000" width="100%" style="background-color:rgb(1, 2, 3)">a</td>`},
		{"attribute that ends early", `<p title='"><script>alert(1)</script>'>a</p>`, `<p title="&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;">a</p>`},
		{"names", `<p id=login class=x name=y>a</p>`, `<p>a</p>`},
		{"comment", `a<!-- <script>alert(1)</script> --!><script>alert(1)</script> -->b<![CDATA[<script>]]>c`, `a --&gt;b]]&gt;c`},
		{"conditional comment", `<!--[if IE]><script>alert(1)</script><![endif]-->a`, `a`},
		{"pixel", `a<img src="https://evil.example/p.gif" width=1 height=1>b`, `ab`},
		{"remote picture", `<img src="//evil.example/p.gif" alt="our logo" srcset="https://evil.example/2x 2x">`, `<em>[our logo]</em>`},
		{"picture that came along", `<img src="CID:logo%40x" alt="logo">`, `<img src="/files/sevai.LOGO" alt="logo">`},
		{"picture that did not", `<img src="cid:other@x">`, ``},
		{"picture in the page", `<img src="data:image/png;base64,iVBORw0KGgo=">`, `<img src="data:image/png;base64,iVBORw0KGgo=" alt="">`},
		{"drawing in the page", `<img src="data:image/svg+xml;base64,PHN2Zz4=">`, ``},
		{"picture that ends early", `<img src="data:image/png;base64,AAAA&quot; onerror=&quot;x">`, ``},
		{"wrapper", `</div></body></html><div>a`, `<div>a</div>`},
		{"crossed", `<b><i>a</b>b</i>`, `<b><i>a</i></b>b`},
		{"escape sequence", "a\x1b]0;x\x07b\u202egpj.exe", "abgpj.exe"},
		{"letter with marks", "a" + strings.Repeat("\u0301", 10_000), "a" + strings.Repeat("\u0301", 8)},
		{"plaintext", `a<plaintext><script>alert(1)</script>`, `a`},
		{"noscript", `<noscript><p title="</noscript><img src=x onerror=alert(1)>">a</noscript>b`, `&#34;&gt;ab`},
		{"textarea", `<textarea><img title="</textarea><img src=x onerror=alert(1)>">a`, `&#34;&gt;a`},
		{"template", `<template><script>x</script></template>a`, `a`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, _ := cleaned([]byte(tt.page), cid)
			if string(got) != tt.want {
				t.Errorf("cleaned(%q)\n got %q\nwant %q", tt.page, got, tt.want)
			}
			harmless(t, got)
			again, _ := cleaned(got, cid)
			harmless(t, again)
		})
	}
}

var (
	handler = regexp.MustCompile(`(?i)^on`)
	load    = regexp.MustCompile(`(?i)url\(|@import|expression|\\|javascript:|vbscript:`)
)

// harmless reads a page as a browser does and looks for what could run or load.
func harmless(t *testing.T, page []byte) {
	t.Helper()
	root, err := html.Parse(strings.NewReader("<!doctype html><body><div>" + string(page) + "</div>"))
	if err != nil {
		t.Fatalf("what is left cannot be read: %v", err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		if n.Namespace != "" || !kept[n.Data] && n.Data != "html" && n.Data != "head" && n.Data != "body" {
			t.Errorf("%s %s is left in %q", n.Namespace, n.Data, page)
		}
		for _, a := range n.Attr {
			src := a.Key == "src" && !strings.HasPrefix(a.Val, "/files/") && !strings.HasPrefix(a.Val, "data:image/")
			href := a.Key == "href" && !regexp.MustCompile(`^(https?://|mailto:|tel:)`).MatchString(a.Val)
			if handler.MatchString(a.Key) || src || href || a.Key == "style" && load.MatchString(a.Val) {
				t.Errorf("%s=%q is left in %q", a.Key, a.Val, page)
			}
		}
	}
}

func TestCleaningCountsWhatIsNotLoaded(t *testing.T) {
	t.Parallel()
	if _, n := cleaned([]byte(`<img src=https://a.example/1><img src=cid:logo@x><img>`), cid); n != 2 {
		t.Errorf("%d pictures are left out; want 2", n)
	}
}

// A page that nests without end costs no more than its length.
func TestCleaningNests(t *testing.T) {
	t.Parallel()
	got, _ := cleaned([]byte(strings.Repeat("<div><table><tr><td>", 100_000)+"deep"), cid)
	if strings.Count(string(got), "<") > 2*maxNesting || !strings.Contains(string(got), "deep") {
		t.Errorf("%d tags are left", strings.Count(string(got), "<"))
	}
	harmless(t, got)
}

func FuzzCleaned(f *testing.F) {
	for _, s := range []string{
		`<p onclick=x style="color:red;background:url(x)">a</p>`, `<svg><script>x</script></svg>`, `<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>`,
		`<noscript><p title="</noscript><img src=x onerror=alert(1)>">`, `<a href="javascript:x">`, `<img src=cid:logo@x>`, `<!--><script>x</script>-->`, `<select><template><style></select>`,
		`<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`, `<div><p><a href=//x><table></a></table>`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, page []byte) {
		got, _ := cleaned(page, cid)
		harmless(t, got)
	})
}
