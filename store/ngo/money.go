package ngo

import (
	"errors"
	"math"
)

// Currency is an ISO 4217 code in capitals, such as INR.
type Currency string

// INR is the Indian rupee.
const INR Currency = "INR"

// Money is an amount in the smallest unit of its currency: paise for INR.
type Money struct {
	Minor    int64    `json:"amount_minor"`
	Currency Currency `json:"currency"`
}

// Errors of arithmetic on Money.
var (
	ErrCurrency = errors.New("the amounts are in different currencies")
	ErrOverflow = errors.New("the sum is too large")
)

// Paise makes an INR amount from whole paise.
func Paise(n int64) Money { return Money{Minor: n, Currency: INR} }

// Add gives m + o. It fails with ErrCurrency or ErrOverflow.
func (m Money) Add(o Money) (Money, error) {
	if m.Currency != o.Currency {
		return Money{}, ErrCurrency
	}
	if (o.Minor > 0 && m.Minor > math.MaxInt64-o.Minor) || (o.Minor < 0 && m.Minor < math.MinInt64-o.Minor) {
		return Money{}, ErrOverflow
	}
	return Money{Minor: m.Minor + o.Minor, Currency: m.Currency}, nil
}
