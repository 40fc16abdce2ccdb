package remote

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/go-kit/log/level"

	"alertscale/adapter/controller"
	"alertscale/adapter/sink"
	"alertscale/rules/engine"
)

const (
	// answerTimeout is how long one answer may take.
	answerTimeout = 10 * time.Second
	// patience is for how long one decision is tried: what a receiver fails at each time keeps the others waiting no longer.
	patience = time.Hour
	// longest is the longest wait between two attempts, where the receiver does not ask for another one.
	longest = time.Minute
	// longestAsked is the longest that a receiver may ask for.
	longestAsked = 15 * time.Minute
	// logEvery is how often the log says that a sink fails.
	logEvery = 10 * time.Minute
	// maxAnswer is how much of an answer is read, and maxSaid how much of it is logged, in bytes.
	maxAnswer = 64 << 10
	maxSaid   = 200
)

// receiver is one sink while files have it.
type receiver struct {
	set   *Set
	key   string
	to    atomic.Pointer[Destination]
	queue *sink.Queue

	waiting  context.Context // ends when nothing is to be waited for any more
	hurry    context.CancelFunc
	asking   context.Context // ends when nothing is to be asked any more
	giveUp   context.CancelFunc
	lost     atomic.Int64 // how many were dropped
	failing  bool         // the last attempt came to nothing
	lastLine time.Time    // when the log was told so
}

func newReceiver(s *Set, d *Destination) *receiver {
	r := &receiver{set: s, key: d.key()}
	r.waiting, r.hurry = context.WithCancel(context.Background())
	r.asking, r.giveUp = context.WithCancel(context.Background())
	r.to.Store(d)
	r.queue = sink.NewQueue(sink.QueueOptions{Next: r, Waiting: d.Queue, Limited: func(string) { r.drop() }})
	return r
}

// use takes what another file says of the same sink.
func (r *receiver) use(d *Destination) {
	r.to.Store(d)
	r.queue.Resize(d.Queue)
}

// finish tries all that is queued once more, until ctx ends, and drops the rest. It returns how many it dropped.
func (r *receiver) finish(ctx context.Context) int64 {
	before := r.lost.Load()
	r.hurry()
	_ = r.queue.Close(ctx)
	r.giveUp()
	_ = r.queue.Close(context.Background()) // nothing is asked any more
	return r.lost.Load() - before
}

// end is finish without a try.
func (r *receiver) end() int64 {
	before := r.lost.Load()
	r.giveUp()
	_ = r.finish(context.Background())
	return r.lost.Load() - before
}

// wants reports whether a decision is to be told, which may be of a dry run.
func (r *receiver) wants(v engine.Verdict, dry bool) bool {
	d := r.to.Load()
	return slices.Contains(d.Verdicts, v) && (!dry || d.dryRuns())
}

func (r *receiver) drop() {
	r.lost.Add(1)
	r.set.o.Metrics.dropped.WithLabelValues(r.to.Load().Name).Inc()
}

// Record implements controller.Sink. It returns when the decision has been told, or dropped.
func (r *receiver) Record(d controller.DecisionRecord) {
	if r.asking.Err() != nil {
		r.drop()
		return
	}
	body, err := types()[r.to.Load().Type].body(&d, r.set.o.Source)
	if err == nil {
		err = r.insist(body)
	}
	if err != nil {
		r.drop()
		if r.asking.Err() == nil {
			r.log("a sink is not told of a decision", err, "ref", d.Ref, "verdict", string(d.Verdict))
		}
		return
	}
	r.set.o.Metrics.sent.WithLabelValues(r.to.Load().Name).Inc()
	if r.failing {
		r.failing = false
		_ = level.Info(r.set.o.Logger).Log("msg", "a sink takes decisions again", "sink", r.to.Load().Name)
	}
}

// insist tries until the body is taken, or there is no use.
func (r *receiver) insist(body []byte) error {
	if r.waiting.Err() != nil {
		return r.try(body)
	}
	pace := backoff.NewExponentialBackOff()
	pace.InitialInterval, pace.Multiplier, pace.MaxInterval = time.Second, 2, longest
	_, err := backoff.Retry(r.waiting, func() (struct{}, error) { return struct{}{}, r.try(body) },
		backoff.WithBackOff(pace), backoff.WithMaxElapsedTime(patience),
		backoff.WithNotify(func(err error, _ time.Duration) { r.log("a sink is not told, and is tried again", err) }))
	if errors.Is(err, context.Canceled) && r.asking.Err() == nil { // it waited, and is to hurry
		err = r.try(body)
	}
	return err
}

// try posts a body once.
func (r *receiver) try(body []byte) error {
	d := r.to.Load()
	err := r.post(d, body)
	if err != nil {
		r.set.o.Metrics.failed.WithLabelValues(d.Name).Inc()
	}
	return err
}

func (r *receiver) post(d *Destination, body []byte) error {
	req, err := http.NewRequestWithContext(r.asking, http.MethodPost, d.URL, bytes.NewReader(body))
	if err != nil {
		return backoff.Permanent(withoutURL(err))
	}
	req.Header.Set("Content-Type", types()[d.Type].contentType)
	req.Header.Set("User-Agent", "alertscale/"+r.set.o.Version)
	if d.token != "" {
		req.Header.Set("Authorization", "Bearer "+d.token)
	}
	resp, err := r.set.client.Do(req)
	if err != nil {
		return withoutURL(err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, maxAnswer)) // what was read is of use to people alone
	return refusal(resp, said)
}

// withoutURL is what went wrong with a request, without the url, which may have a secret in it.
func withoutURL(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// refusal is the error of an answer that is no success.
func refusal(resp *http.Response, said []byte) error {
	code := resp.StatusCode
	if code >= 200 && code < 300 {
		return nil
	}
	err := fmt.Errorf("answered with %d %s%s", code, http.StatusText(code), quoted(said))
	switch {
	case code >= 300 && code < 400:
		return backoff.Permanent(fmt.Errorf("%w: it redirects, which is not followed; give the url that it redirects to", err))
	case code < 500 && code != http.StatusRequestTimeout && code != http.StatusTooManyRequests:
		return backoff.Permanent(err)
	}
	if after := retryAfter(resp.Header, time.Now()); after > 0 {
		return &laterError{err, &backoff.RetryAfterError{Duration: min(after, longestAsked)}}
	}
	return err
}

// laterError is an error of a receiver that says when to come again.
type laterError struct {
	error
	after *backoff.RetryAfterError
}

// Unwrap leads to when to come again.
func (e *laterError) Unwrap() error { return e.after }

// retryAfter is how long an answer asks to be left alone; zero: it does not ask.
func retryAfter(header http.Header, now time.Time) time.Duration {
	text := header.Get("Retry-After")
	if n, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// quoted is the beginning of what a receiver says, for the log.
func quoted(said []byte) string {
	text := strings.ToValidUTF8(strings.TrimSpace(string(said)), "\uFFFD")
	if text == "" {
		return ""
	}
	return fmt.Sprintf(": %.*q", maxSaid, text)
}

// log tells of what went wrong with an attempt: the first time, and every ten minutes as long as it goes on.
func (r *receiver) log(msg string, err error, more ...any) {
	now := time.Now()
	if r.failing && now.Sub(r.lastLine) < logEvery {
		return
	}
	r.failing, r.lastLine = true, now
	d := r.to.Load()
	line := append([]any{"msg", msg, "sink", d.Name, "type", d.Type, "queued", r.queue.Len()}, more...)
	_ = level.Warn(r.set.o.Logger).Log(append(line, "err", err)...)
}
