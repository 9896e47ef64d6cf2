package inspect

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

// checkOgg tells sound from film by the streams that begin in the first pages.
func checkOgg(f *file) error {
	switch {
	case bytes.Contains(f.head, []byte("\x80theora")):
		f.report.Type, f.report.Kind = "video/ogg", kindVideo
	case bytes.Contains(f.head, []byte("OpusHead")), bytes.Contains(f.head, []byte("\x01vorbis")), bytes.Contains(f.head, []byte("Speex ")), bytes.Contains(f.head, []byte("\x7fFLAC")):
	default:
		return whyStrange
	}
	return f.drain()
}

// checkMP4 walks the boxes of an ISO media file: one that promises more than there is was cut short, and one without a description
// cannot be played.
func checkMP4(f *file) error {
	described, film := false, false
	for {
		box, err := f.box()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		switch box.kind {
		case "moov":
			described = true
			part, err := io.ReadAll(io.LimitReader(f, min(box.size, mostMoov)))
			if err != nil {
				return err
			}
			film = film || isFilm(part)
			box.size -= int64(len(part))
		case "moof":
			described = true
		}
		if err := f.skip(box); err != nil {
			return err
		}
	}
	if !described {
		return whyCut
	}
	f.nameMP4(film)
	return nil
}

const mostMoov = 4 << 20

type box struct {
	kind string
	size int64 // of what follows; -1 to the end
}

// box reads the head of the next box.
func (f *file) box() (box, error) {
	var head [16]byte
	n, err := io.ReadFull(f, head[:8])
	if n == 0 && errors.Is(err, io.EOF) {
		return box{}, io.EOF
	}
	if err != nil {
		return box{}, cutShort(err)
	}
	b := box{kind: string(head[4:8]), size: int64(binary.BigEndian.Uint32(head[:4])) - 8}
	switch b.size {
	case -8:
		b.size = -1
	case -7:
		if _, err := io.ReadFull(f, head[8:]); err != nil {
			return box{}, cutShort(err)
		}
		long := binary.BigEndian.Uint64(head[8:])
		if long < 16 || long > 1<<50 {
			return box{}, whyCut
		}
		b.size = int64(long) - 16
	}
	if b.size < -1 {
		return box{}, whyCut
	}
	return b, nil
}

func (f *file) skip(b box) error {
	if b.size < 0 {
		return f.drain()
	}
	n, err := io.CopyN(io.Discard, f, b.size)
	if n < b.size {
		return cutShort(err)
	}
	return nil
}

// cutShort is what an end means that comes too early.
func cutShort(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return whyCut
	}
	return err
}

// isFilm tells whether one of the tracks is to be seen.
func isFilm(moov []byte) bool {
	for {
		at := bytes.Index(moov, []byte("hdlr"))
		if at < 0 || len(moov) < at+16 {
			return false
		}
		if string(moov[at+12:at+16]) == "vide" {
			return true
		}
		moov = moov[at+4:]
	}
}

func (f *file) nameMP4(film bool) {
	major := ""
	if len(f.head) >= 12 && string(f.head[4:8]) == "ftyp" {
		major = string(f.head[8:12])
	}
	switch {
	case strings.HasPrefix(major, "3g"):
		f.report.Type = "video/3gpp"
	case strings.HasPrefix(major, "qt"):
		f.report.Type = "video/quicktime"
	}
	if film || strings.HasPrefix(f.ask.Claimed, "video/") && !strings.HasPrefix(major, "M4A") {
		return
	}
	f.report.Kind = kindAudio
	if f.report.Type = "audio/mp4"; strings.HasPrefix(major, "3g") {
		f.report.Type = "audio/3gpp"
	}
}

// checkHEIC finds the size. Nothing here can decode it: it is kept, and is not shown.
func checkHEIC(f *file) error {
	if at := bytes.Index(f.head, []byte("ispe")); at >= 0 && len(f.head) >= at+16 {
		w, h := binary.BigEndian.Uint32(f.head[at+8:]), binary.BigEndian.Uint32(f.head[at+12:])
		if err := f.sized(int64(w), int64(h)); err != nil {
			return err
		}
	}
	for {
		b, err := f.box()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := f.skip(b); err != nil {
			return err
		}
	}
}

// sized notes the size of a picture, and refuses one with too many dots.
func (f *file) sized(w, h int64) error {
	if w <= 0 || h <= 0 {
		return whyCut
	}
	if w > 1<<20 || h > 1<<20 || w*h > f.ask.Limits.Pixels {
		return refusal(fmt.Sprintf("it has %d × %d dots, more than the %d million that are looked at", w, h, f.ask.Limits.Pixels/1_000_000))
	}
	f.report.Width, f.report.Height = int(w), int(h)
	return nil
}

// isMP3 wants a tag, or two frames in a row: the sign of a frame alone is in many files.
func isMP3(head []byte) bool {
	if bytes.HasPrefix(head, []byte("ID3")) {
		return len(head) > 10 && head[3] < 0xff && head[6]|head[7]|head[8]|head[9] < 0x80
	}
	n := frameMP3(head)
	return n > 0 && (n+4 > len(head) && len(head) < headSize || n+4 <= len(head) && frameMP3(head[n:]) > 0)
}

// frameMP3 gives the length of the frame of layer III that begins here; 0 when none does.
func frameMP3(b []byte) int {
	if len(b) < 4 || b[0] != 0xff || b[1]&0xe6 != 0xe2 {
		return 0
	}
	rates := [...]int{0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 0}
	slots, freq := 144, [...]int{44100, 48000, 32000, 0}[b[2]>>2&3]
	switch b[1] >> 3 & 3 {
	case 1:
		return 0
	case 0, 2: // versions 2.5 and 2
		rates = [...]int{0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160, 0}
		slots, freq = 72, freq/2
		if b[1]>>3&3 == 0 {
			freq /= 2
		}
	}
	if freq == 0 || rates[b[2]>>4] == 0 {
		return 0
	}
	return slots*rates[b[2]>>4]*1000/freq + int(b[2]>>1&1)
}

// isAAC wants two frames in a row too.
func isAAC(head []byte) bool {
	n := frameAAC(head)
	return n > 0 && (n+7 > len(head) && len(head) < headSize || n+7 <= len(head) && frameAAC(head[n:]) > 0)
}

func frameAAC(b []byte) int {
	if len(b) < 7 || b[0] != 0xff || b[1]&0xf6 != 0xf0 || b[2]>>2&15 > 12 {
		return 0
	}
	n := int(b[3]&3)<<11 | int(b[4])<<3 | int(b[5])>>5
	if n < 7 {
		return 0
	}
	return n
}
