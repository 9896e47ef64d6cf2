//go:build !race

package store_test

// raceEnabled makes tests of much data smaller: the race detector slows SQLite tenfold.
const raceEnabled = false
