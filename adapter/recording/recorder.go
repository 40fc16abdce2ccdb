package recording

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"
)

// The defaults of Options.
const (
	DefaultMaxBytes = 100 << 20
	DefaultFiles    = 5
	defaultWaiting  = 64 << 20
)

// Options say what is recorded to.
type Options struct {
	Path     string
	MaxBytes int64 // of one file; default DefaultMaxBytes
	Files    int   // how many there are at most: the one at Path, and earlier ones at Path.1, Path.2, …; default DefaultFiles
	Waiting  int   // how many bytes may wait to be written; default 64 MiB

	Now     func() time.Time // default time.Now
	Limited func(string)     // counts a line that is not recorded, as history; default none
	Failed  func(error)      // is told when writing begins to fail, and, with nil, when it works again; default nobody is
}

func (o *Options) setDefaults() {
	if o.MaxBytes <= 0 {
		o.MaxBytes = DefaultMaxBytes
	}
	if o.Files <= 0 {
		o.Files = DefaultFiles
	}
	if o.Waiting <= 0 {
		o.Waiting = defaultWaiting
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Limited == nil {
		o.Limited = func(string) {}
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
}

// Recorder records. What it is told is written within about a second, so that a killed process loses no more; nobody
// waits for that: where writing is too slow, lines are dropped and counted. It is safe for concurrent use.
type Recorder struct {
	o    Options
	file *rotated
	kick chan struct{} // much waits
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu      sync.Mutex // guards what follows
	waiting chunk
	spare   []byte // to be filled again
	closed  bool
}

// chunk is lines that wait to be written together.
type chunk struct {
	at     time.Time // of the first
	text   []byte
	lines  int
	counts map[string]int // that it tells last
}

const (
	writeEvery = time.Second
	muchWaits  = 1 << 20 // bytes at which what waits is written at once
	maxSpare   = 4 << 20
)

// Open begins to record to a file, behind what is there.
func Open(o Options) (*Recorder, error) {
	o.setDefaults()
	r := &Recorder{o: o, file: newRotated(o), kick: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{})}
	if err := r.file.open(); err != nil {
		return nil, fmt.Errorf("record to %s: %w", o.Path, err)
	}
	go r.run()
	return r, nil
}

// Notification records what was posted to the webhook.
func (r *Recorder) Notification(body []byte) { r.add(Line{At: r.o.Now(), Payload: body}) }

// HookPost records what was posted to a hook: its name, the idempotency key, and the labels of the alert, as JSON.
func (r *Recorder) HookPost(hook, key string, labels []byte) {
	r.add(Line{At: r.o.Now(), Hook: hook, Key: key, Payload: labels})
}

// Count records a count that was read.
func (r *Recorder) Count(ref string, n int) {
	r.add(Line{At: r.o.Now(), Counts: map[string]int{ref: n}})
}

func (r *Recorder) add(l Line) {
	if !r.offer(&l) {
		r.o.Limited("history")
	}
}

// offer adds a line to what waits; false where there is no room. The text is copied under the lock: that takes less than
// a millisecond for the largest body.
func (r *Recorder) offer(l *Line) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	w := &r.waiting
	if r.closed || len(w.text)+len(l.Payload) > r.o.Waiting {
		return false
	}
	if w.lines == 0 {
		w.at, w.text, w.counts = l.At, r.spare[:0], map[string]int{}
		r.spare = nil
	}
	w.text = l.Append(w.text)
	w.lines++
	maps.Copy(w.counts, l.Counts)
	if len(w.text) >= muchWaits {
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
	return true
}

// run writes what waits, each second or where much does.
func (r *Recorder) run() {
	defer close(r.done)
	defer r.file.close()
	ticker := time.NewTicker(writeEvery)
	defer ticker.Stop()
	for last := false; !last; {
		select {
		case <-ticker.C:
		case <-r.kick:
		case <-r.stop:
			last = true
		}
		c := r.take()
		if c.lines == 0 {
			continue
		}
		if !r.file.write(&c) {
			for range c.lines {
				r.o.Limited("history")
			}
		}
		r.giveBack(c.text)
	}
}

func (r *Recorder) take() chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	c := r.waiting
	r.waiting = chunk{}
	return c
}

// giveBack keeps a buffer for the next chunk.
func (r *Recorder) giveBack(text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cap(text) <= maxSpare {
		r.spare = text
	}
}

// Close returns when what waits has been written, or when ctx ends. It may be called again; what comes afterwards is
// dropped.
func (r *Recorder) Close(ctx context.Context) error {
	r.once.Do(func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.closed = true
		close(r.stop)
	})
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("record to %s: not all was written: %w", r.o.Path, context.Cause(ctx))
	}
}
