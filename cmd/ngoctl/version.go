package main

import (
	"context"
	"runtime"
	"runtime/debug"

	"github.com/urfave/cli/v2"
)

func versionCommand(t terminal) *cli.Command {
	return &cli.Command{
		Name: "version", Category: categorySystem, Usage: "which version this is", Action: invoke(t, showVersion),
		UsageText: "ngoctl version\nngoctl version --json",
	}
}

// build says what this program was built from.
type build struct {
	Version  string `json:"version"`
	Revision string `json:"revision,omitempty"`
	Modified bool   `json:"modified"` // built from files that were not committed
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func showVersion(_ context.Context, c *call) error {
	b := thisBuild()
	if c.format == forMachines {
		return c.record(b, record{})
	}
	_, err := c.term.out.Write([]byte(programName + " " + b.Version + "\n"))
	return err
}

// version names this build in one word.
func version() string { return thisBuild().Version }

// thisBuild reads what the Go tool wrote into the program.
func thisBuild() build {
	b := build{Version: "devel", Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	switch {
	case info.Main.Version != "" && info.Main.Version != "(devel)":
		b.Version = info.Main.Version
	case len(b.Revision) >= 12:
		b.Version = "devel-" + b.Revision[:12]
	}
	return b
}
