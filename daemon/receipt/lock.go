package receipt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/ngoctl/ngoctl/daemon/typeset"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// maxPassword is the longest that a PDF may have, in bytes.
const maxPassword = 127

// Lock encrypts a PDF that PDF made, so that only who knows the password reads it; who does may print and copy it. It is AES-256
// with the standard security handler's revision 6 (ISO 32000-2, 7.6.4): guessing costs more than with the older ones, which
// matters, for people's passwords here are short facts. The file's id and what it says of PDF/A become other: the one is a digest
// of what is locked, the other no longer true. It fails with Invalid for a password that not every reader takes as we
// do, and with Internal for a file of another make.
func Lock(pdf []byte, password string) ([]byte, error) {
	if password == "" || len(password) > maxPassword || strings.ContainsFunc(password, func(r rune) bool { return r < ' ' || r > '~' }) {
		return nil, &ngo.Error{Code: ngo.Invalid, Message: "the password of a receipt is of plain letters, digits and signs"}
	}
	f, err := readFile(pdf)
	if err != nil {
		return nil, &ngo.Error{Code: ngo.Internal, Message: "the receipt's PDF cannot be encrypted", Err: err}
	}
	l := locker{key: random(32)}
	l.out.WriteString("%PDF-2.0\n%\xe2\xe3\xcf\xd3\n") // the version that knows this way of encrypting
	for _, body := range f.objects {
		l.begin()
		if err := l.object(body); err != nil {
			return nil, &ngo.Error{Code: ngo.Internal, Message: "the receipt's PDF cannot be encrypted", Err: err}
		}
	}
	l.begin()
	fmt.Fprintf(&l.out, "%d 0 obj\n%s\nendobj\n", len(l.offsets), l.dictionary(password))
	return l.close(f.trailer), nil
}

// locker writes the encrypted file.
type locker struct {
	key     []byte
	out     bytes.Buffer
	offsets []int
}

func (l *locker) begin() { l.offsets = append(l.offsets, l.out.Len()) }

// object writes an object with its strings and its stream encrypted; all else stays as it is.
func (l *locker) object(body []byte) error {
	for at := 0; at < len(body); {
		switch rest := body[at:]; {
		case bytes.HasPrefix(rest, []byte("<<")), bytes.HasPrefix(rest, []byte(">>")):
			l.out.Write(rest[:2])
			at += 2
		case rest[0] == '<', rest[0] == '(':
			text, n, err := readString(rest)
			if err != nil {
				return err
			}
			fmt.Fprintf(&l.out, "<%x>", l.seal(text))
			at += n
		case bytes.HasPrefix(rest, []byte("\nstream\n")):
			return l.stream(body[:at], rest)
		default:
			l.out.WriteByte(rest[0])
			at++
		}
	}
	return nil
}

// stream writes the stream of an object whose dictionary is written already: its length comes last in it, and is put right.
func (l *locker) stream(dictionary, rest []byte) error {
	const head, tail = "\nstream\n", "\nendstream\nendobj\n"
	at := bytes.LastIndex(dictionary, []byte("/Length "))
	if at < 0 || !bytes.HasSuffix(rest, []byte(tail)) {
		return fmt.Errorf("a stream of unknown length: %.60q", dictionary)
	}
	data := rest[len(head) : len(rest)-len(tail)]
	if length := fmt.Sprintf("/Length %d>>", len(data)); string(dictionary[at:]) != length {
		return fmt.Errorf("a stream of %d bytes says %.60q", len(data), dictionary[at:])
	}
	if bytes.Contains(dictionary, []byte("/Type/Metadata")) {
		data = bytes.ReplaceAll(data, []byte(typeset.Archival), nil)
	}
	l.out.Truncate(l.out.Len() - (len(dictionary) - at))
	sealed := l.seal(data)
	fmt.Fprintf(&l.out, "/Length %d>>%s%s%s", len(sealed), head, sealed, tail)
	return nil
}

// seal encrypts a string or a stream.
func (l *locker) seal(plain []byte) []byte {
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	iv := random(aes.BlockSize)
	padded := append(bytes.Clone(plain), bytes.Repeat([]byte{byte(pad)}, pad)...)
	return append(iv, encrypted(l.key, iv, padded)...)
}

// dictionary writes how the file is encrypted. Nobody has the owner's password, who could do no more than the reader can.
func (l *locker) dictionary(password string) string {
	reader, owner := []byte(password), []byte(hex.EncodeToString(random(32)))
	u, ue := l.entrance(reader, nil)
	o, oe := l.entrance(owner, u)
	const all = 0xfffffffc // every permission
	perms := binary.LittleEndian.AppendUint32(nil, all)
	perms = append(append(perms, 0xff, 0xff, 0xff, 0xff, 'T', 'a', 'd', 'b'), random(4)...)
	block := make([]byte, aes.BlockSize)
	blockCipher(l.key).Encrypt(block, perms)
	return fmt.Sprintf("<</Filter/Standard/V 5/R 6/Length 256/CF<</StdCF<</CFM/AESV3/AuthEvent/DocOpen/Length 32>>>>/StmF/StdCF/StrF/StdCF"+
		"/U<%x>/UE<%x>/O<%x>/OE<%x>/Perms<%x>/P %d/EncryptMetadata true>>", u, ue, o, oe, block, int64(all)-1<<32)
}

// entrance gives what proves a password, and the file's key as only that password opens it.
func (l *locker) entrance(password, user []byte) (proof, key []byte) {
	salts := random(16)
	proof = append(hardened(password, salts[:8], user), salts...)
	return proof, encrypted(hardened(password, salts[8:], user), make([]byte, aes.BlockSize), l.key)
}

// hardened is algorithm 2.B of ISO 32000-2: a digest that takes its time.
func hardened(password, salt, user []byte) []byte {
	sum := sha256.Sum256(bytes.Join([][]byte{password, salt, user}, nil))
	k := sum[:]
	last := byte(0)
	for round := 0; round < 64 || int(last) > round-32; round++ {
		e := encrypted(k[:16], k[16:32], bytes.Repeat(bytes.Join([][]byte{password, k, user}, nil), 64))
		mod := 0
		for _, b := range e[:16] {
			mod += int(b)
		}
		switch mod % 3 {
		case 0:
			s := sha256.Sum256(e)
			k = s[:]
		case 1:
			s := sha512.Sum384(e)
			k = s[:]
		case 2:
			s := sha512.Sum512(e)
			k = s[:]
		}
		last = e[len(e)-1]
	}
	return k[:32]
}

// encrypted is AES in CBC mode, of whole blocks.
func encrypted(key, iv, data []byte) []byte {
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(blockCipher(key), iv).CryptBlocks(out, data)
	return out
}

func blockCipher(key []byte) cipher.Block {
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // all keys here have 16 or 32 bytes
	}
	return block
}

func random(n int) []byte {
	out := make([]byte, n)
	_, _ = rand.Read(out) // it never fails: it ends the program
	return out
}

// close writes the table of objects and the trailer, to which the last object, which says how all is encrypted, is added.
func (l *locker) close(trailer string) []byte {
	start := l.out.Len()
	fmt.Fprintf(&l.out, "xref\n0 %d\n0000000000 65535 f \n", len(l.offsets)+1)
	for _, at := range l.offsets {
		fmt.Fprintf(&l.out, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&l.out, "trailer\n<</Size %d/Encrypt %d 0 R%s\nstartxref\n%d\n%%%%EOF\n", len(l.offsets)+1, len(l.offsets), trailer, start)
	return l.out.Bytes()
}

// file is a PDF as typeset writes it: objects in the order of their numbers, one table, a trailer that begins with its size.
type file struct {
	objects [][]byte
	trailer string // behind the size
}

func readFile(pdf []byte) (file, error) {
	var f file
	at := bytes.LastIndex(pdf, []byte("\nxref\n"))
	if at < 0 {
		return f, fmt.Errorf("no table of objects in %d bytes", len(pdf))
	}
	at++
	var size int
	if _, err := fmt.Sscanf(string(pdf[at:min(at+40, len(pdf))]), "xref\n0 %d\n", &size); err != nil || size < 2 {
		return f, fmt.Errorf("no table of objects at %d: %w", at, err)
	}
	const line = 20 // bytes of an entry
	table := at + len(fmt.Sprintf("xref\n0 %d\n", size))
	end := table + size*line
	head := fmt.Sprintf("trailer\n<</Size %d", size)
	if end > len(pdf) || !bytes.HasPrefix(pdf[end:], []byte(head)) {
		return f, fmt.Errorf("no trailer behind the table of %d objects", size)
	}
	f.trailer, _, _ = strings.Cut(string(pdf[end+len(head):]), "\nstartxref\n")
	if before, _, ok := strings.Cut(f.trailer, "/ID["); ok { // a digest of what is to be locked
		f.trailer = fmt.Sprintf("%s/ID[<%x><%[2]x>]>>", before, random(16))
	}
	ends := make([]int, 0, size)
	for n := 1; n < size; n++ {
		var offset int
		if _, err := fmt.Sscanf(string(pdf[table+n*line:table+n*line+11]), "%010d ", &offset); err != nil {
			return f, fmt.Errorf("entry %d of the table: %w", n, err)
		}
		ends = append(ends, offset)
	}
	ends = append(ends, at)
	for n := range size - 1 {
		from, to := ends[n], ends[n+1]
		if from >= to || to > at || !bytes.HasPrefix(pdf[from:to], fmt.Appendf(nil, "%d 0 obj\n", n+1)) {
			return f, fmt.Errorf("object %d is not at %d", n+1, from)
		}
		f.objects = append(f.objects, pdf[from:to])
	}
	return f, nil
}

// readString reads a string in either of its two forms, and tells how long it is in the file.
func readString(data []byte) (text []byte, length int, err error) {
	if data[0] == '<' {
		end := bytes.IndexByte(data, '>')
		if end < 0 {
			return nil, 0, fmt.Errorf("a string without an end: %.40q", data)
		}
		text, err = hex.DecodeString(string(data[1:end]))
		return text, end + 1, err
	}
	end := bytes.IndexByte(data, ')')
	if end < 0 || bytes.ContainsAny(data[1:end], `(\`) {
		return nil, 0, fmt.Errorf("a string that we do not write: %.40q", data)
	}
	return data[1:end], end + 1, nil
}
