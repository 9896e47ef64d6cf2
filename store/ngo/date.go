package ngo

import (
	"fmt"
	"strings"
	"time"
)

// Date is a calendar day without a time or zone, as 2006-01-02; text order is day order.
type Date string

// DateOf gives the day of t in zone.
func DateOf(t time.Time, zone *time.Location) Date { return Date(t.In(zone).Format(time.DateOnly)) }

// ParseDate reads 2006-01-02. It fails with Invalid.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", &Error{Code: Invalid, Message: fmt.Sprintf("%q is not a day", Printable(s)), Hint: "write year-month-day, such as 2026-04-01"}
	}
	return Date(s), nil
}

// Time gives midnight of the day in UTC, for arithmetic and formatting only.
func (d Date) Time() time.Time {
	t, _ := time.Parse(time.DateOnly, string(d)) // an empty or foreign Date is the zero time
	return t
}

// CanBeBirth tells whether somebody who gives on a day may have been born on this one.
func (d Date) CanBeBirth(given Date) bool { return d >= "1880-01-01" && d <= given }

// Masked gives the year of a day of birth and hides the rest, which is the password of a donor's receipts; empty for none.
func (d Date) Masked() Date {
	year, _, ok := strings.Cut(string(d), "-")
	if !ok {
		return ""
	}
	return Date(year + "-xx-xx")
}

// FinancialYear gives the Indian financial year (1 April to 31 March) of the day, as 2026-27.
func (d Date) FinancialYear() string {
	t := d.Time()
	y := t.Year()
	if t.Month() < time.April {
		y--
	}
	return fmt.Sprintf("%d-%02d", y, (y+1)%100)
}

// TimeLayout is how an instant is stored: UTC text of fixed width, so that text order is time order.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Stamp writes t as stored.
func Stamp(t time.Time) string { return t.UTC().Format(TimeLayout) }
