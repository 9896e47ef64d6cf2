package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ngoctl/ngoctl/daemon/api"
	"github.com/ngoctl/ngoctl/store/ngo"
)

// size is a number of bytes.
type size int64

// A value in a table is shown to people in one way and given to programs in another: people read ₹1,25,000.00 and their
// own clock, programs get whole paise and RFC 3339. Both forms are one line without tabs, whatever a stranger wrote.

// shown gives a value for people.
func shown(v any, zone *time.Location) string {
	switch v := v.(type) {
	case nil:
		return ""
	case ngo.Money:
		return v.Format()
	case []api.Total:
		return shownTotals(v)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return v.In(zone).Format("2006-01-02 15:04")
	case *time.Time:
		if v == nil {
			return ""
		}
		return shown(*v, zone)
	case bool:
		if v {
			return "yes"
		}
		return "no"
	case int64:
		return ngo.FormatNumber(v)
	case int:
		return ngo.FormatNumber(int64(v))
	case size:
		return shownSize(v)
	}
	return ngo.Printable(fmt.Sprint(v))
}

func shownTotals(totals []api.Total) string {
	var parts []string
	for _, t := range totals {
		gifts := "gifts"
		if t.Count == 1 {
			gifts = "gift"
		}
		parts = append(parts, fmt.Sprintf("%s in %s %s", t.Money.Format(), ngo.FormatNumber(t.Count), gifts))
	}
	if len(parts) == 0 {
		return "nothing yet"
	}
	return strings.Join(parts, ", ")
}

func shownSize(n size) string {
	const unit = 1024
	switch {
	case n < unit:
		return fmt.Sprintf("%d B", int64(n))
	case n < unit*unit:
		return fmt.Sprintf("%.1f kB", float64(n)/unit)
	case n < unit*unit*unit:
		return fmt.Sprintf("%.1f MB", float64(n)/(unit*unit))
	}
	return fmt.Sprintf("%.1f GB", float64(n)/(unit*unit*unit))
}

// piped gives a value for programs: one field, or two for money.
func piped(v any) []string {
	switch v := v.(type) {
	case nil:
		return []string{""}
	case ngo.Money:
		return []string{strconv.FormatInt(v.Minor, 10), ngo.Printable(string(v.Currency))}
	case []api.Total:
		return []string{pipedTotals(v)}
	case time.Time:
		if v.IsZero() {
			return []string{""}
		}
		return []string{v.UTC().Format(time.RFC3339)}
	case *time.Time:
		if v == nil {
			return []string{""}
		}
		return piped(*v)
	}
	return []string{ngo.Printable(fmt.Sprint(v))}
}

func pipedTotals(totals []api.Total) string {
	var parts []string
	for _, t := range totals {
		parts = append(parts, fmt.Sprintf("%d %s %d", t.Money.Minor, t.Money.Currency, t.Count))
	}
	return strings.Join(parts, ", ")
}

// pipedNames gives the names of the fields that piped makes of a value like v.
func pipedNames(name string, v any) []string {
	if _, ok := v.(ngo.Money); !ok {
		return []string{name}
	}
	if name == "amount" {
		return []string{"amount_minor", "currency"}
	}
	return []string{name + "_minor", name + "_currency"}
}

// toTheRight tells whether people compare such values by their last digits.
func toTheRight(v any) bool {
	switch v.(type) {
	case ngo.Money, int64, int, size:
		return true
	}
	return false
}
