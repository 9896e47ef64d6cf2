package sim

import (
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/ngoctl/ngoctl/store/ngo"
)

// gift is all that follows from a seed and a number; the body of an event is written from it.
type gift struct {
	id, order      string // without prefix
	amount         int64  // paise
	fee, tax       int64
	method         string
	rrn            int64
	donor          ngo.Donor
	purpose        string
	international  bool
	notes, escaped bool // whether the form asked anything, and whether the body spells it in \u escapes
	created, told  time.Time
}

// amounts are what people give, in rupees.
var amounts = [...]int64{51, 100, 101, 108, 201, 250, 300, 500, 501, 1000, 1001, 1100, 1500, 2000, 2500, 5000, 5001, 10000, 11000, 25000, 100000}

func (r *Razorpay) gift(n int) gift {
	rng := rand.New(rand.NewPCG(r.Seed, uint64(n)))
	g := gift{
		id:     identifier(r.Seed, uint64(n)),
		order:  identifier(^r.Seed, uint64(n)),
		amount: amounts[rng.IntN(len(amounts))] * 100,
		method: method(rng.IntN(100)),
		rrn:    100_000_000_000 + rng.Int64N(900_000_000_000),
	}
	g.fee = g.amount * 236 / 10_000 // 2 % and 18 % of that in tax
	g.tax = g.fee * 18 / 118
	g.created = r.Start.Add(time.Duration(n) * r.Every).UTC().Truncate(time.Second)
	g.told = g.created.Add(time.Duration(2+rng.IntN(30)) * time.Second)
	g.purpose = purposes[rng.IntN(len(purposes))]
	g.notes, g.escaped = true, rng.IntN(8) == 0
	who := rng.IntN(max(r.People, 1))
	g.donor = r.donor(who)
	if r.Plain {
		return g
	}
	g.international = g.method == "card" && rng.IntN(20) == 0
	switch rng.IntN(40) {
	case 0: // a form that asks nothing
		g.notes, g.purpose = false, ""
		g.donor = ngo.Donor{EMail: g.donor.EMail, Phone: g.donor.Phone}
	case 1: // nor did the checkout
		g.notes, g.purpose = false, ""
		g.donor = ngo.Donor{}
	}
	return g
}

func method(percent int) string {
	switch {
	case percent < 70:
		return "upi"
	case percent < 85:
		return "card"
	case percent < 95:
		return "netbanking"
	}
	return "wallet"
}

// donor gives one of the people: the same number is always the same person.
func (r *Razorpay) donor(who int) ngo.Donor {
	rng := rand.New(rand.NewPCG(^r.Seed, uint64(who)))
	p := donors[rng.IntN(len(donors))]
	var b [64]byte
	email := append(append(b[:0], p.latin...), '.')
	email = append(strconv.AppendInt(email, int64(who), 10), "@example.org"...)
	d := ngo.Donor{Name: p.name, EMail: string(email)}
	phone := append(b[:0], "+919"...)
	phone = strconv.AppendInt(phone, 100_000_000+int64(who)*40_353_607%900_000_000, 10) // coprime: no two share one
	d.Phone = string(phone)
	if r.Plain || rng.IntN(10) < 7 {
		d.PAN = pan(rng)
	}
	if r.Plain || rng.IntN(10) < 8 {
		address := append(strconv.AppendInt(b[:0], int64(1+rng.IntN(200)), 10), ' ')
		address = append(append(address, streets[rng.IntN(len(streets))]...), ", "...)
		d.Address = string(append(address, towns[rng.IntN(len(towns))]...))
	}
	return d
}

// pan makes up a number of the right shape, of a person.
func pan(rng *rand.Rand) string {
	var b [10]byte
	for i := range b {
		b[i] = 'A' + byte(rng.IntN(26))
	}
	b[3] = 'P'
	for i := 5; i < 9; i++ {
		b[i] = '0' + byte(rng.IntN(10))
	}
	return string(b[:])
}

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// identifier gives the 14 signs of a Razorpay identifier. Two numbers never share one.
func identifier(seed, n uint64) string {
	x := mix(n + mix(seed)) // mix is one to one
	var b [14]byte
	for i := range b[:11] {
		b[i] = base62[x%62]
		x /= 62
	}
	tail := mix(seed)
	for i := 11; i < len(b); i++ {
		b[i] = base62[tail%62]
		tail /= 62
	}
	return string(b[:])
}

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
