package controller

import (
	"errors"
	"math/rand/v2"
	"time"

	"alertscale/rules"
	"alertscale/rules/engine"
)

// unchanged tells whether an error says that nothing was changed.
func unchanged(err error) bool {
	var busy *ThrottledError
	return errors.Is(err, ErrConflict) || permanent(err) || errors.As(err, &busy)
}

func permanent(err error) bool {
	return errors.Is(err, ErrNotFound) || errors.Is(err, ErrForbidden) || errors.Is(err, ErrInvalid)
}

// comeback is how long an error asks not to be tried again for.
func comeback(err error) time.Duration {
	var busy *ThrottledError
	var later *UnavailableError
	switch {
	case errors.As(err, &busy):
		return min(busy.After, longestRetry)
	case errors.As(err, &later):
		return min(later.After, longestRetry)
	}
	return 0
}

// longestRetry is how long a server may ask not to be called for: one that asks for a day is mistaken.
const longestRetry = 10 * time.Minute

// refuse ends a round on a driver's error.
func (r *round) refuse(err error) {
	en := r.en
	if !permanent(err) {
		r.fail(err, comeback(err))
		return
	}
	now := r.a.Now()
	en.refused, en.fails = true, 0
	d := rules.Unread(r.target, en.mem, engine.Rejected, err.Error())
	d.Refused = true
	r.conclude([]engine.Decision{d})
	r.a.schedule(en, r.target, now)
}

// fail ends a round on what will be tried again, not before after.
func (r *round) fail(err error, after time.Duration) {
	en, now := r.en, r.a.Now()
	en.fails++
	delay := max(retryDelay(en.fails), after)
	if after > 0 {
		en.notTill = now.Add(after)
	}
	d := engine.Decision{Verdict: engine.Failed, Why: []string{err.Error()}}
	if r.target != nil {
		d = rules.Unread(r.target, en.mem, engine.Failed, err.Error())
	}
	r.conclude([]engine.Decision{d})
	at := now.Add(delay)
	if now.Before(en.notTill) && en.notTill.After(at) {
		at = en.notTill
	}
	r.a.wakes.set(en, at)
}

// The bounds of the delay before a failed ref is tried again: it doubles each time.
const (
	firstRetry = time.Second
	lastRetry  = 30 * time.Second
)

// retryDelay is exponential, with jitter down to half of it, so that what failed together does not come
// back together.
func retryDelay(fails int) time.Duration {
	d := firstRetry << min(max(fails-1, 0), 10)
	d = min(d, lastRetry)
	return d/2 + rand.N(d/2+1)
}
