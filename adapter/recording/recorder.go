package recording

import (
	"context"
	"fmt"
	"hash/maphash"
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
	seed maphash.Seed
	kick chan struct{} // much waits
	stop chan struct{}
	done chan struct{}
	once sync.Once

	mu      sync.Mutex // guards what follows
	waiting []chunk
	bytes   int   // that wait
	size    int64 // of the file, once all is written
	latest  time.Time
	known   map[uint64]time.Time // when a notification came that the file has, by its hash
	counts  map[string]int       // that were last read
	closed  bool
}

// chunk is lines that are written together.
type chunk struct {
	text  []byte
	lines int
	first bool // of another file
}

const (
	writeEvery = time.Second
	muchWaits  = 1 << 20 // bytes at which what waits is written at once
	maxKnown   = 10_000
	perLine    = 100 // what a line takes beside its payload, about
)

// Open begins to record to a file, behind what is there.
func Open(o Options) (*Recorder, error) {
	o.setDefaults()
	r := &Recorder{
		o: o, file: &rotated{o: o}, seed: maphash.MakeSeed(), kick: make(chan struct{}, 1), stop: make(chan struct{}), done: make(chan struct{}),
		known: map[uint64]time.Time{}, counts: map[string]int{},
	}
	var err error
	if r.size, err = r.file.open(); err != nil {
		return nil, fmt.Errorf("record to %s: %w", o.Path, err)
	}
	go r.run()
	return r, nil
}

// Notification records what a sender posted to the webhook, or as to an Alertmanager; an empty one is whoever needed no
// token. Of one that is word for word what came before, as most are, it records that.
func (r *Recorder) Notification(body []byte, sender string) {
	r.add(Line{At: r.o.Now(), Payload: body, Sender: sender}, maphash.Bytes(r.seed, body))
}

// HookPost records what was posted to a hook: its name, the idempotency key, and the labels of the alert, as JSON.
func (r *Recorder) HookPost(hook, key string, labels []byte) {
	r.add(Line{At: r.o.Now(), Hook: hook, Key: key, Payload: labels}, 0)
}

// Count records a count that was read.
func (r *Recorder) Count(ref string, n int) {
	r.add(Line{At: r.o.Now(), Counts: map[string]int{ref: n}}, 0)
}

func (r *Recorder) add(l Line, hash uint64) {
	if !r.offer(&l, hash) {
		r.o.Limited("history")
	}
}

// offer adds a line to what waits; false where there is no room. The text is copied under the lock: that takes less than
// a millisecond for the largest body.
func (r *Recorder) offer(l *Line, hash uint64) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed || r.bytes+len(l.Payload) > r.o.Waiting {
		return false
	}
	if !l.At.After(r.latest) { // a time stands for one line
		l.At = r.latest.Add(1)
	}
	r.latest = l.At
	if r.size > 0 && r.size+int64(len(l.Payload)+perLine) > r.o.MaxBytes {
		r.beginFile(l.At)
	}
	maps.Copy(r.counts, l.Counts)
	if l.Payload != nil && l.Hook == "" {
		r.repeats(l, hash)
	}
	r.put(l)
	return true
}

// beginFile lets what comes from now on be in another file, which can be replayed by itself: it begins with the counts
// that were last read. The caller holds the mutex.
func (r *Recorder) beginFile(at time.Time) {
	r.waiting = append(r.waiting, chunk{first: true})
	r.size = 0
	clear(r.known)
	if len(r.counts) > 0 {
		r.put(&Line{At: at, Counts: r.counts})
	}
}

// repeats says of a notification that the file already has when that came. The caller holds the mutex.
func (r *Recorder) repeats(l *Line, hash uint64) {
	if at, ok := r.known[hash]; ok {
		l.Payload, l.Again = nil, at
		return
	}
	if len(r.known) >= maxKnown {
		clear(r.known)
	}
	r.known[hash] = l.At
}

// put adds a line to what waits. The caller holds the mutex.
func (r *Recorder) put(l *Line) {
	if len(r.waiting) == 0 {
		r.waiting = append(r.waiting, chunk{})
	}
	c := &r.waiting[len(r.waiting)-1]
	before := len(c.text)
	c.text = l.Append(c.text)
	c.lines++
	r.bytes += len(c.text) - before
	r.size += int64(len(c.text) - before)
	if r.bytes >= muchWaits {
		select {
		case r.kick <- struct{}{}:
		default:
		}
	}
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
		for _, c := range r.take() {
			if !r.file.write(&c) {
				r.lost(c.lines)
			}
		}
	}
}

func (r *Recorder) take() []chunk {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.waiting
	r.waiting, r.bytes = nil, 0
	return all
}

// lost counts lines that could not be written. What they had is written again when it comes again.
func (r *Recorder) lost(lines int) {
	for range lines {
		r.o.Limited("history")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.known)
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
