package main

import (
	_ "github.com/charmbracelet/x/exp/teatest"
	_ "github.com/go-rod/rod"
	_ "github.com/google/go-cmp/cmp"
	_ "github.com/letsencrypt/pebble/v2/acme"
	_ "github.com/letsencrypt/pebble/v2/ca"
	_ "github.com/letsencrypt/pebble/v2/db"
	_ "github.com/letsencrypt/pebble/v2/va"
	_ "github.com/letsencrypt/pebble/v2/wfe"
	_ "github.com/rogpeppe/go-internal/testscript"
	_ "go.uber.org/goleak"
	_ "pgregory.net/rapid"
)
