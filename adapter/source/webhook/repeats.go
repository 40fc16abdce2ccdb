package webhook

import (
	"hash/maphash"
	"strings"
	"sync"

	"alertscale/rules"
)

// Decoder decodes notifications as Decode does, and remembers some of the last ones: a sender that repeats itself sends
// the same body again, and most notifications are repeats. It may be used by several goroutines.
type Decoder struct {
	seed maphash.Seed

	mu     sync.Mutex         // guards what follows
	recent map[uint64]decoded // by the hash of the body
	former map[uint64]decoded // what was recent before; the next ones take its place
	size   int                // of recent, in bytes
}

// decoded is a body, and what it says.
type decoded struct {
	body, sender string
	event        *rules.Event
}

const (
	maxRecent = 4 << 20 // bytes of bodies that are remembered as recent ones, and again as former ones; a larger one is not
	perBody   = 1 << 10 // what remembering one takes beside its text, about
)

// NewDecoder returns a Decoder that remembers nothing so far.
func NewDecoder() *Decoder {
	return &Decoder{seed: maphash.MakeSeed(), recent: map[uint64]decoded{}}
}

// Decode reads one notification of a sender, as the function DecodeFrom does. The event may be given out again: it is not
// to be changed.
func (d *Decoder) Decode(body []byte, sender string) (*rules.Event, error) {
	hash := maphash.Bytes(d.seed, body)
	if sender != "" {
		hash ^= maphash.String(d.seed, sender)
	}
	if known, ok := d.get(hash); ok && known.body == string(body) && known.sender == sender {
		return known.event, nil
	}
	event, text, err := decode(body)
	if err != nil {
		return nil, err
	}
	from(event, sender)
	if len(body) <= maxRecent && text == string(body) { // it is another text where the body had to be mended
		d.put(hash, decoded{text, strings.Clone(sender), event})
	}
	return event, nil
}

func (d *Decoder) get(hash uint64) (decoded, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.recent[hash]; ok {
		return known, true
	}
	known, ok := d.former[hash]
	if ok {
		d.remember(hash, known)
	}
	return known, ok
}

func (d *Decoder) put(hash uint64, known decoded) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.remember(hash, known)
}

// remember makes a body a recent one. The caller holds the mutex.
func (d *Decoder) remember(hash uint64, known decoded) {
	size := len(known.body) + perBody
	if d.size += size; d.size > maxRecent {
		d.former, d.recent, d.size = d.recent, map[uint64]decoded{}, size
	}
	d.recent[hash] = known
}
