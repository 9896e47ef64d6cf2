//go:build !race

package inspect

// slack is how often a child may have the memory that is meant for it.
const slack = 1
