//go:build libraries

package main

import (
	"runtime"

	"filippo.io/age"
	"github.com/NimbleMarkets/ntcharts/sparkline"
	"github.com/charmbracelet/huh"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/emersion/go-message/mail"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/gliderlabs/ssh"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/makiuchi-d/gozxing/qrcode"
	"github.com/mattn/go-sixel"
	"github.com/mdp/qrterminal/v3"
	"github.com/nyaruka/phonenumbers"
	pdfcpu "github.com/pdfcpu/pdfcpu/pkg/api"
	"github.com/pquerna/otp/totp"
	"github.com/pressly/goose/v3"
	"github.com/sahilm/fuzzy"
	"github.com/sashabaranov/go-openai"
	"github.com/xuri/excelize/v2"
	"google.golang.org/genai"
)

// Every library that the design has chosen and that the program does not use yet, linked by its main entry at the
// version that builds together with the others, so that one build answers what they will cost in size, start time and
// idle memory, and so that their pins stay in go.mod:
//
//	go build -trimpath -ldflags='-s -w' -tags libraries ./cmd/ngoctl
//
// This file is never part of a release; an init is the way to keep the linker from leaving them out.
func init() {
	runtime.KeepAlive([]any{
		age.Encrypt, sparkline.New, huh.NewForm, imapclient.DialTLS, mail.CreateReader, dkim.Verify, (*ssh.Server).ListenAndServe,
		webassembly.Init, qrcode.NewQRCodeReader, sixel.NewEncoder, qrterminal.GenerateHalfBlock, phonenumbers.Parse,
		pdfcpu.ValidateFile, totp.Validate, goose.NewProvider, fuzzy.Find, (*openai.Client).CreateChatCompletion, excelize.OpenReader,
		genai.Models.GenerateContent,
	})
}
