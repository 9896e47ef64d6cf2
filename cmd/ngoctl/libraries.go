//go:build libraries

package main

// Every library that the design has chosen, linked at the versions that build together, so that one build answers what
// they cost in size, start time and idle memory, and so that their pins stay in go.mod before each is first used:
//
//	go build -tags libraries ./cmd/ngoctl
import (
	_ "filippo.io/age"
	_ "github.com/NimbleMarkets/ntcharts/sparkline"
	_ "github.com/caddyserver/certmagic"
	_ "github.com/charmbracelet/bubbles/table"
	_ "github.com/charmbracelet/bubbletea"
	_ "github.com/charmbracelet/huh"
	_ "github.com/charmbracelet/lipgloss"
	_ "github.com/danielgtaylor/huma/v2"
	_ "github.com/dgraph-io/ristretto/v2"
	_ "github.com/emersion/go-imap/v2/imapclient"
	_ "github.com/emersion/go-message/charset"
	_ "github.com/emersion/go-msgauth/dkim"
	_ "github.com/emersion/go-smtp"
	_ "github.com/gliderlabs/ssh"
	_ "github.com/go-text/typesetting/shaping"
	_ "github.com/itchyny/gojq"
	_ "github.com/klauspost/compress/zstd"
	_ "github.com/klippa-app/go-pdfium/webassembly"
	_ "github.com/makiuchi-d/gozxing/qrcode"
	_ "github.com/mattn/go-sixel"
	_ "github.com/mdp/qrterminal/v3"
	_ "github.com/minio/minio-go/v7"
	_ "github.com/nyaruka/phonenumbers"
	_ "github.com/pdfcpu/pdfcpu/pkg/api"
	_ "github.com/pelletier/go-toml/v2"
	_ "github.com/pquerna/otp/totp"
	_ "github.com/pressly/goose/v3"
	_ "github.com/prometheus/client_golang/prometheus/promhttp"
	_ "github.com/sahilm/fuzzy"
	_ "github.com/sashabaranov/go-openai"
	_ "github.com/urfave/cli/v2"
	_ "github.com/wneessen/go-mail"
	_ "github.com/xuri/excelize/v2"
	_ "golang.org/x/crypto/argon2"
	_ "golang.org/x/time/rate"
	_ "google.golang.org/genai"
	_ "maragu.dev/goqite"
	_ "modernc.org/sqlite"
	_ "rsc.io/qr"
)
