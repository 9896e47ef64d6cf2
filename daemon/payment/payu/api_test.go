package payu_test

import "time"

func noon() time.Time { return time.Date(2026, time.June, 1, 6, 30, 0, 0, time.UTC) }
