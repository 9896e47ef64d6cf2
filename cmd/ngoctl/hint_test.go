package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/urfave/cli/v2"
)

// TestHintsNameRealCommands holds every command that a text of ours recommends against the command line: a hint that
// leads nowhere is worse than none.
func TestHintsNameRealCommands(t *testing.T) {
	t.Parallel()
	root := &cli.Command{Name: programName, Subcommands: commands(systemTerminal())}
	// Prose says "ngoctl goes on by itself"; a command stands behind a colon or a verb.
	mention := regexp.MustCompile(`(?:: |run |see |with )ngoctl((?: [a-z][a-z-]*)+)`)
	seen := 0
	err := filepath.WalkDir(filepath.Join("..", ".."), func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, text := range texts(t, path) {
			for _, m := range mention.FindAllStringSubmatch(text, -1) {
				seen++
				if word := unknown(root, strings.Fields(m[1])); word != "" {
					t.Errorf("%s recommends %q, which has no %s", path, strings.TrimSpace(m[0]), word)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Errorf("only %d commands were found in our texts", seen)
	}
}

// texts gives the strings of a Go file and the whole of a page.
func texts(t *testing.T, path string) []string {
	t.Helper()
	switch filepath.Ext(path) {
	case ".md":
		page, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return []string{string(page)}
	case ".go":
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					all = append(all, s)
				}
			}
			return true
		})
		return all
	}
	return nil
}

// unknown walks down from a command and gives the first word that is no command though one must stand there.
func unknown(c *cli.Command, words []string) string {
	for _, word := range words {
		if len(c.Subcommands) == 0 {
			return "" // an argument
		}
		var next *cli.Command
		for _, s := range c.Subcommands {
			if s.HasName(word) {
				next = s
			}
		}
		if next == nil {
			return word
		}
		c = next
	}
	return ""
}
