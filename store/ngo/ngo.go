// Package ngo holds the words of the application: entities, identifiers, money, dates, states and errors, and how they
// are written for people. It does no I/O and starts no goroutine; every value is safe to copy, and nothing here changes
// after start. Every other package may import it, and it imports none of them.
package ngo
