//go:build race

package inspect

// slack makes room for the race detector, which keeps several bytes for each of the program's.
const slack = 8
