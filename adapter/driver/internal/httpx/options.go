package httpx

import "time"

// Options are what a driver of an HTTP API needs beside its block of the file.
type Options struct {
	Version string           // of alertscale, for the User-Agent
	Now     func() time.Time // the clock; required
}

// Agent is the User-Agent of the driver's requests.
func (o Options) Agent() string { return "alertscale/" + o.Version }
