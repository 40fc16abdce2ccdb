package web

import "sync/atomic"

// What holds where the options say nothing.
const (
	// DefaultInflightBytes bounds the bodies that are being worked on, all senders together.
	DefaultInflightBytes = 64 << 20
	// DefaultConnections bounds the open connections of all addresses together.
	DefaultConnections = 2048
)

// Limited counts what a limit stopped.
type Limited interface {
	// Limited counts one for the limit of this name.
	Limited(what string)
}

// The names of the limits that are counted here.
const (
	limitInflight    = "inflight_bytes"
	limitRequest     = "request_bytes"
	limitConnections = "connections"
)

// uncounted is Limited for whoever does not count.
type uncounted struct{}

// Limited implements Limited.
func (uncounted) Limited(string) {}

// budget is a number of bytes that all requests share.
type budget struct {
	limit int64
	used  atomic.Int64
}

// reserve takes n bytes, or none where there are not as many left.
func (b *budget) reserve(n int64) bool {
	if b.used.Add(n) > b.limit {
		b.used.Add(-n)
		return false
	}
	return true
}

// release gives n reserved bytes back.
func (b *budget) release(n int64) { b.used.Add(-n) }
