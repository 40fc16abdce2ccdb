// Package examples holds the files that a user starts from. The demo runs on them as they are.
package examples

import _ "embed" // for the files

// Alertscale is alertscale.yml.
//
//go:embed alertscale.yml
var Alertscale []byte

// Rules is rules.conf, Prometheus's rules.
//
//go:embed rules.conf
var Rules []byte

// Alertmanager is config.yml, Alertmanager's configuration.
//
//go:embed config.yml
var Alertmanager []byte
