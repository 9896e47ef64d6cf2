package store_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// sqlTexts gives every SQL text of the package, its named parts left out.
func sqlTexts(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			e, ok := n.(ast.Expr)
			if !ok {
				return true
			}
			text, ok := literal(e)
			if ok && startsSQL.MatchString(text) {
				texts[fset.Position(e.Pos()).String()] = text
			}
			return !ok
		})
	}
	return texts
}

var startsSQL = regexp.MustCompile(`(?i)^\s*(select|insert into|update|delete from|with|create)\s+[a-z(]`)

// literal joins the literals of a sum of texts.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(e.Value)
		return s, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, also := literal(e.Y)
		return left + " " + right, ok || also
	}
	return "", false
}

// The same texts run on SQLite and PostgreSQL. What only one of the two knows, or what reads a clock that is not ours,
// has no place in them.
func TestSQLIsPortable(t *testing.T) {
	t.Parallel()
	texts := sqlTexts(t)
	if len(texts) < 60 {
		t.Fatalf("found only %d SQL texts: has the package changed its ways?", len(texts))
	}
	for _, rule := range []struct{ why, pattern string }{
		{"keywords are lower case", `\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|VALUES|ORDER|LIMIT|SET|AND|OR)\b`},
		{"placeholders are $1, $2, …", `\?`},
		{"on conflict, not insert or", `\binsert or\b|\breplace into\b`},
		{"the clock is ours", `strftime|datetime\(|julianday|unixepoch|current_(time|date)|\bnow\(`},
		{"no rowid", `rowid|\boid\b`},
		{"columns are named", `select\s+\*|\.\*`},
		{"no function of one engine", `ifnull|group_concat|json_each|randomblob|\bhex\(|printf|\bglob\b|last_insert|\biif\(|zeroblob`},
		{"no offset: lists page by key", `\boffset\b`},
		{"an index is chosen by words that both understand", `\bindexed by\b`},
		{"user is a reserved word", `\b(from|into|update|join) user\b`},
		{"names stand without quotes", "\"|`|\\["},
	} {
		bad := regexp.MustCompile(rule.pattern)
		for at, text := range texts {
			if rule.pattern == `rowid|\boid\b` && strings.Contains(text, "entry_words") {
				continue // the search of texts is the engine's own
			}
			if found := bad.FindString(text); found != "" {
				t.Errorf("%s: %q: %s\n%s", at, found, rule.why, text)
			}
		}
	}
}

// Every table is strict, every state has a check.
func TestSchemaRules(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("migration/*/*.sql")
	if err != nil || len(names) < 2 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, table := range regexp.MustCompile(`(?s)create table (\w+) \(\n(.*?)\n\)([^;]*);`).FindAllStringSubmatch(string(text), -1) {
			if !strings.Contains(table[3], "strict") {
				t.Errorf("%s: table %s is not strict", name, table[1])
			}
			if regexp.MustCompile(`(?m)^  state text`).MatchString(table[2]) && !strings.Contains(table[2], "check (state in (") {
				t.Errorf("%s: table %s has a state without a check", name, table[1])
			}
		}
		if strings.Contains(string(text), "strftime") || strings.Contains(string(text), "trigger ") && !strings.Contains(string(text), "its trigger") {
			t.Errorf("%s reads the database's clock or has a trigger", name)
		}
	}
}

// A row can be deleted without a search through every row that may refer to it.
func TestWhatRefersToDeletedRowsIsIndexed(t *testing.T) {
	t.Parallel()
	schema, err := os.ReadFile("migration/org/0001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	refers := 0
	for _, text := range sqlTexts(t) {
		deleted := regexp.MustCompile(`^\s*delete from (\w+)`).FindStringSubmatch(text)
		if deleted == nil {
			continue
		}
		for _, column := range regexp.MustCompile(`(?m)^  (\w+) .*references `+deleted[1]+` `).FindAllStringSubmatch(string(schema), -1) {
			refers++
			if !regexp.MustCompile(`index \w+ on \w+ \(` + column[1] + `\b`).Match(schema) {
				t.Errorf("rows of %s are deleted, and %s, which refers to them, has no index", deleted[1], column[1])
			}
		}
	}
	if refers == 0 {
		t.Error("nothing refers to a row that is deleted: has the schema changed its ways?")
	}
}
