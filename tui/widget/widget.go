// Package widget draws pieces of the desk from values it is given. It keeps no data, does no I/O, and knows neither the
// API nor a screen.
package widget
