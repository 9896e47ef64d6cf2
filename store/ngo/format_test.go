package ngo_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // also on a machine without a zone database

	"github.com/ngoctl/ngoctl/store/ngo"
)

func TestMoneyForPeopleAndMachines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in                   ngo.Money
		format, plain, short string
	}{
		{ngo.Paise(0), "₹0.00", "0.00", "₹0"},
		{ngo.Paise(5), "₹0.05", "0.05", "₹0"},
		{ngo.Paise(99_999), "₹999.99", "999.99", "₹999"},
		{ngo.Paise(1_00_000), "₹1,000.00", "1000.00", "₹1,000"},
		{ngo.Paise(99_999_99), "₹99,999.99", "99999.99", "₹99,999"},
		{ngo.Paise(1_25_000_50), "₹1,25,000.50", "125000.50", "₹1.25 lakh"},
		{ngo.Paise(1_29_999_99), "₹1,29,999.99", "129999.99", "₹1.29 lakh"},
		{ngo.Paise(99_99_999_99), "₹99,99,999.99", "9999999.99", "₹99.99 lakh"},
		{ngo.Paise(1_00_00_000_00), "₹1,00,00,000.00", "10000000.00", "₹1.00 crore"},
		{ngo.Paise(123_45_67_890_12), "₹1,23,45,67,890.12", "1234567890.12", "₹123.45 crore"},
		{ngo.Paise(-1_25_000_50), "-₹1,25,000.50", "-125000.50", "-₹1.25 lakh"},
		{ngo.Paise(math.MaxInt64), "₹92,23,37,20,36,85,47,758.07", "92233720368547758.07", "₹9,22,33,72,036.85 crore"},
		{ngo.Paise(math.MinInt64), "-₹92,23,37,20,36,85,47,758.08", "-92233720368547758.08", "-₹9,22,33,72,036.85 crore"},
		{ngo.Money{Minor: 1234567, Currency: "USD"}, "USD 12,345.67", "12345.67", "USD 12,345.67"},
		{ngo.Money{Minor: -1234567, Currency: "USD"}, "USD -12,345.67", "-12345.67", "USD -12,345.67"},
		{ngo.Money{Minor: 1234567, Currency: "JPY"}, "JPY 1,234,567", "1234567", "JPY 1,234,567"},
		{ngo.Money{Minor: 1234567, Currency: "KWD"}, "KWD 1,234.567", "1234.567", "KWD 1,234.567"},
		{ngo.Money{}, "0.00", "0.00", "0.00"},
		{ngo.Money{Minor: 5, Currency: "\x1b[2J"}, " 0.05", "0.05", " 0.05"},
	} {
		if format, plain, short := tt.in.Format(), tt.in.Plain(), tt.in.Short(); format != tt.format || plain != tt.plain || short != tt.short {
			t.Errorf("%d %s = %q, %q, %q; want %q, %q, %q", tt.in.Minor, tt.in.Currency, format, plain, short, tt.format, tt.plain, tt.short)
		}
	}
}

func TestFormatNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "12,34,567", -100000: "-1,00,000"} {
		if got := ngo.FormatNumber(in); got != want {
			t.Errorf("FormatNumber(%d) = %q; want %q", in, got, want)
		}
	}
}

func TestParseMoney(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in       string
		currency ngo.Currency
		want     int64
		ok       bool
	}{
		{"1250", ngo.INR, 125000, true},
		{"1250.5", ngo.INR, 125050, true},
		{" 1,25,000.50 ", ngo.INR, 12500050, true},
		{"1,250,000", ngo.INR, 125000000, true},
		{"9,81", ngo.INR, 0, false},
		{"1,0000", ngo.INR, 0, false},
		{",100", ngo.INR, 0, false},
		{"1,,000", ngo.INR, 0, false},
		{"1,000,", ngo.INR, 0, false},
		{"239.6000", ngo.INR, 23960, true},
		{"-12.34", ngo.INR, -1234, true},
		{"12", "JPY", 12, true},
		{"12.00", "JPY", 12, true},
		{"12.345", "KWD", 12345, true},
		{"92233720368547758.07", ngo.INR, math.MaxInt64, true},
		{"92233720368547758.08", ngo.INR, 0, false},
		{"239.601", ngo.INR, 0, false},
		{"12.5", "JPY", 0, false},
		{"", ngo.INR, 0, false},
		{".5", ngo.INR, 0, false},
		{"5.", ngo.INR, 0, false},
		{"1e5", ngo.INR, 0, false},
		{"+5", ngo.INR, 0, false},
		{"--5", ngo.INR, 0, false},
		{"1.2.3", ngo.INR, 0, false},
		{"१२", ngo.INR, 0, false},
		{"12", "inr", 0, false},
	} {
		got, err := ngo.ParseMoney(tt.in, tt.currency)
		if tt.ok && (err != nil || got != (ngo.Money{Minor: tt.want, Currency: tt.currency})) {
			t.Errorf("ParseMoney(%q, %s) = %+v, %v; want %d", tt.in, tt.currency, got, err, tt.want)
		}
		if !tt.ok && ngo.CodeOf(err) != ngo.Invalid {
			t.Errorf("ParseMoney(%q, %s) = %+v, %v; want invalid", tt.in, tt.currency, got, err)
		}
	}
}

func FuzzParseMoney(f *testing.F) {
	for _, s := range []string{"0", "1,25,000.50", "-12.34", "239.6000", "1e5", "92233720368547758.08"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ngo.ParseMoney(s, ngo.INR)
		if err != nil {
			return
		}
		back, err := ngo.ParseMoney(m.Plain(), ngo.INR)
		if err != nil || back != m {
			t.Errorf("%q is %+v, written %q, read back %+v, %v", s, m, m.Plain(), back, err)
		}
	})
}

func TestMoneyAdd(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		a, b    ngo.Money
		want    ngo.Money
		wantErr error
	}{
		{"paise", ngo.Paise(150), ngo.Paise(250), ngo.Paise(400), nil},
		{"negative", ngo.Paise(150), ngo.Paise(-250), ngo.Paise(-100), nil},
		{"mixed currencies", ngo.Paise(1), ngo.Money{Minor: 1, Currency: "USD"}, ngo.Money{}, ngo.ErrCurrency},
		{"overflow", ngo.Paise(math.MaxInt64), ngo.Paise(1), ngo.Money{}, ngo.ErrOverflow},
		{"underflow", ngo.Paise(math.MinInt64), ngo.Paise(-1), ngo.Money{}, ngo.ErrOverflow},
		{"edge", ngo.Paise(math.MaxInt64 - 1), ngo.Paise(1), ngo.Paise(math.MaxInt64), nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := tt.a.Add(tt.b)
			if got != tt.want || !errors.Is(err, tt.wantErr) {
				t.Errorf("%v.Add(%v) = %v, %v; want %v, %v", tt.a, tt.b, got, err, tt.want, tt.wantErr)
			}
		})
	}
}

func TestMoneyWords(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		in   ngo.Money
		want string
	}{
		{ngo.Paise(1_25_000_50), "Rupees one lakh twenty-five thousand and fifty paise only"},
		{ngo.Paise(0), "Rupees zero only"},
		{ngo.Paise(1), "One paisa only"},
		{ngo.Paise(50), "Fifty paise only"},
		{ngo.Paise(100), "Rupee one only"},
		{ngo.Paise(101), "Rupee one and one paisa only"},
		{ngo.Paise(21_00), "Rupees twenty-one only"},
		{ngo.Paise(100_00), "Rupees one hundred only"},
		{ngo.Paise(999_99), "Rupees nine hundred ninety-nine and ninety-nine paise only"},
		{ngo.Paise(1_01_00_001_00), "Rupees one crore one lakh one only"},
		{ngo.Paise(12_34_56_789_12), "Rupees twelve crore thirty-four lakh fifty-six thousand seven hundred eighty-nine and twelve paise only"},
		{ngo.Paise(1e15), "Rupees ten lakh crore only"},
		{ngo.Paise(-5_00), "Rupees minus five only"},
		{ngo.Money{Minor: 1250, Currency: "USD"}, "USD twelve and 50/100 only"},
		{ngo.Money{Minor: 1250, Currency: "JPY"}, "JPY one thousand two hundred fifty only"},
		{ngo.Money{Minor: 1250, Currency: "KWD"}, "KWD one and 250/1000 only"},
	} {
		if got := tt.in.Words(); got != tt.want {
			t.Errorf("%s in words = %q; want %q", tt.in.Plain(), got, tt.want)
		}
	}
	if got := ngo.Paise(math.MinInt64).Words(); !strings.HasPrefix(got, "Rupees minus nine hundred twenty-two crore") {
		t.Errorf("smallest amount in words = %q", got)
	}
}

func TestDates(t *testing.T) {
	t.Parallel()
	ist, err := time.LoadLocation("Asia/Kolkata")
	if err != nil {
		t.Fatal(err)
	}
	eve := time.Date(2026, 3, 31, 18, 29, 59, 999e6, time.UTC)
	for _, tt := range []struct {
		at   time.Time
		day  ngo.Date
		year string
	}{
		{eve, "2026-03-31", "2025-26"},
		{eve.Add(time.Millisecond), "2026-04-01", "2026-27"},
		{time.Date(1999, 12, 31, 0, 0, 0, 0, ist), "1999-12-31", "1999-00"},
	} {
		day := ngo.DateOf(tt.at, ist)
		if day != tt.day || day.FinancialYear() != tt.year {
			t.Errorf("%v: day %s of %s; want %s of %s", tt.at, day, day.FinancialYear(), tt.day, tt.year)
		}
	}
	if _, err := ngo.ParseDate("2026-02-30"); ngo.CodeOf(err) != ngo.Invalid {
		t.Errorf("ParseDate(2026-02-30) = %v; want invalid", err)
	}
	if d, err := ngo.ParseDate("2028-02-29"); err != nil || d.Time().Day() != 29 {
		t.Errorf("ParseDate(2028-02-29) = %v, %v", d, err)
	}
	if got, want := ngo.Stamp(eve), "2026-03-31T18:29:59.999Z"; got != want {
		t.Errorf("Stamp = %q; want %q", got, want)
	}
}

func TestFormatDate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		day        ngo.Date
		lang, want string
	}{
		{"2026-04-05", "en", "5 April 2026"},
		{"2026-04-05", "", "5 April 2026"},
		{"2026-04-05", "ta", "5 ஏப்ரல் 2026"},
		{"2026-04-05", "hi", "5 अप्रैल 2026"},
		{"", "en", ""},
		{"soon\x1b[2J", "en", "soon"},
	} {
		if got := ngo.FormatDate(tt.day, tt.lang); got != tt.want {
			t.Errorf("FormatDate(%q, %q) = %q; want %q", tt.day, tt.lang, got, tt.want)
		}
	}
}

func TestRelative(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 5, 12, 0, 0, 0, time.FixedZone("IST", 19800))
	for _, tt := range []struct {
		ago  time.Duration
		want string
	}{
		{0, "just now"},
		{59 * time.Second, "just now"},
		{time.Minute, "1 minute ago"},
		{59 * time.Minute, "59 minutes ago"},
		{time.Hour, "1 hour ago"},
		{47 * time.Hour, "1 day ago"},
		{6 * 24 * time.Hour, "6 days ago"},
		{7 * 24 * time.Hour, "29 March 2026"},
		{-5 * time.Minute, "in 5 minutes"},
		{-30 * time.Second, "just now"},
	} {
		if got := ngo.Relative(now.Add(-tt.ago).UTC(), now); got != tt.want {
			t.Errorf("Relative(%v ago) = %q; want %q", tt.ago, got, tt.want)
		}
	}
}
