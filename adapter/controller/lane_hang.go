package controller

import (
	"context"
	"errors"
	"time"
)

const (
	hangsAfter  = time.Second            // a call that takes longer hangs
	lookAtCalls = 250 * time.Millisecond // how often the calls are looked at while others wait
)

// errGivesWay ends a call that hangs while others wait for its place.
var errGivesWay = errors.New("no answer within a second, and others wait for the place; it is tried again")

// took is how long a request has run, without what it waited for a limit of the driver.
func (j *job) took() time.Duration {
	sent := j.sent.Load()
	if sent == 0 {
		return 0
	}
	return time.Since(time.Unix(0, sent))
}

// look finds the calls that hang, and ends those that are over a quarter of the places, the longest first.
func (l *lane) look(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looking = false
	var oldest []*job
	for j := range l.running {
		if !j.hangs && j.took() > hangsAfter {
			j.hangs = true
			l.hanging++
			l.uncount(j)
		}
		if j.hangs {
			oldest = append(oldest, j)
		}
	}
	for len(oldest) > l.quarter && l.waits() {
		i := 0
		for k := range oldest {
			if oldest[k].took() > oldest[i].took() {
				i = k
			}
		}
		oldest[i].cancel(errGivesWay)
		oldest[i] = oldest[len(oldest)-1]
		oldest = oldest[:len(oldest)-1]
	}
	l.dispatch(ctx)
}
