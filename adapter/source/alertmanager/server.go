package alertmanager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"
	"golang.org/x/sync/singleflight"

	"alertscale/rules"
)

const (
	atOnce      = 4                // how many requests are made to a server at a time; Alertmanager takes 8
	youngFor    = 5 * time.Minute  // after its start, an Alertmanager does not know all alerts yet
	statusFor   = 30 * time.Second // how long a status holds
	logInterval = time.Minute      // between lines of the log about one server
	mostKept    = 10_000           // answers about alerts
)

// server is one of the Alertmanagers.
type server struct {
	url     string
	client  *http.Client
	keep    time.Duration // how long an answer about an alert holds, and how long a server that fails is left alone
	now     func() time.Time
	timeout time.Duration
	logger  log.Logger

	flights singleflight.Group // requests that are under way
	places  chan struct{}      // one is taken while a request is made

	mu     sync.Mutex
	status status
	kept   map[string]sighting // by the key of the alert
	rests  time.Time           // until then it is not asked
	logged time.Time
}

// status is what a server said of itself.
type status struct {
	asked   time.Time
	started time.Time // zero: it did not say
}

// sighting is what a server said of an alert.
type sighting struct {
	state state
	asked time.Time
}

func newServer(url string, client *http.Client, keep time.Duration, o Options) *server {
	return &server{
		url: url, client: client, keep: keep, now: o.Now, timeout: o.Timeout, logger: log.With(o.Logger, "alertmanager", url),
		places: make(chan struct{}, atOnce), kept: map[string]sighting{},
	}
}

// ask writes down what the server says of alerts, by their index.
func (s *server) ask(ctx context.Context, list []question, answers []rules.Lookup) {
	if len(list) == 0 || !s.speaks(ctx, s.now().Add(-statusFor)) {
		return
	}
	seen, open := s.known(list)
	var mu sync.Mutex
	var looks sync.WaitGroup
	for _, part := range split(open) {
		looks.Go(func() {
			sightings := s.look(ctx, part)
			mu.Lock()
			defer mu.Unlock()
			maps.Copy(seen, sightings)
		})
	}
	looks.Wait()
	for _, q := range list {
		answers[q.index] = s.lookup(ctx, seen[q.key])
	}
}

// lookup returns what follows from a sighting. That an alert is absent says something only where the server is known to
// have been up for long by a status that was asked for no earlier: it may have been restarted since the last one.
func (s *server) lookup(ctx context.Context, seen sighting) rules.Lookup {
	switch {
	case seen.state == active:
		return rules.LookupFiring
	case seen.state == suppressed, seen.state == absent && s.speaks(ctx, seen.asked):
		return rules.LookupGone
	}
	return rules.LookupUnknown
}

// known returns the sightings of alerts that still hold, and the questions that are open.
func (s *server) known(list []question) (seen map[string]sighting, open []question) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	seen = make(map[string]sighting, len(list))
	for _, q := range list {
		if sight, ok := s.kept[q.key]; ok && now.Sub(sight.asked) < s.keep {
			seen[q.key] = sight
		} else {
			open = append(open, q)
		}
	}
	return seen, open
}

// look asks about the alerts of a part, together with whoever asks about the same ones at this moment.
func (s *server) look(ctx context.Context, part []question) map[string]sighting {
	done := s.flights.DoChan(keysOf(part), func() (any, error) { return s.fetch(part), nil })
	select {
	case <-ctx.Done():
		return nil
	case result := <-done:
		return result.Val.(map[string]sighting)
	}
}

// fetch asks about the alerts of a part, and keeps the answer. That there is none is kept, too.
func (s *server) fetch(part []question) map[string]sighting {
	asked := s.now()
	found := make(map[string]state, len(part))
	for _, q := range part {
		found[q.key] = absent
	}
	err := s.get("/api/v2/alerts?"+query(part), func(body *bounded) error { return readAlerts(body, found) })
	sightings := make(map[string]sighting, len(part))
	for key, said := range found {
		if err != nil {
			said = unclear
		}
		sightings[key] = sighting{said, asked}
	}
	s.remember(sightings)
	return sightings
}

func (s *server) remember(sightings map[string]sighting) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if len(s.kept)+len(sightings) > mostKept {
		for key, sight := range s.kept {
			if now.Sub(sight.asked) >= s.keep {
				delete(s.kept, key)
			}
		}
	}
	for key, sight := range sightings {
		if len(s.kept) < mostKept {
			s.kept[key] = sight
		}
	}
}

// speaks reports whether the server has been up for so long that what it does not have is gone, by a status that was
// asked for at a time or later.
func (s *server) speaks(ctx context.Context, since time.Time) bool {
	for range 3 { // the first may have been under way already
		s.mu.Lock()
		status, rests := s.status, s.now().Before(s.rests)
		s.mu.Unlock()
		if rests {
			return false
		}
		if !status.asked.Before(since) {
			return !status.started.IsZero() && s.now().Sub(status.started) >= youngFor
		}
		done := s.flights.DoChan("status", func() (any, error) { s.fetchStatus(); return nil, nil })
		select {
		case <-ctx.Done():
			return false
		case <-done:
		}
	}
	return false
}

func (s *server) fetchStatus() {
	now := status{asked: s.now()}
	_ = s.get("/api/v2/status", func(body *bounded) (err error) {
		now.started, err = readStart(body)
		return err
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = now
}

// errRefused is an answer that says something about the request, and not about the server, as errTooLong does.
var errRefused = errors.New("it refuses the request")

// get makes a request, however long whoever wants the answer waits. A server that does not answer rests.
func (s *server) get(path string, read func(*bounded) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	err := s.request(ctx, path, read)
	if err == nil {
		return nil
	}
	if inner, ok := errors.AsType[*url.Error](err); ok {
		err = inner.Err // the url is long, and is logged by itself
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	if !errors.Is(err, errRefused) && !errors.Is(err, errTooLong) {
		s.rests = now.Add(s.keep)
	}
	if now.Sub(s.logged) >= logInterval {
		s.logged = now
		_ = level.Warn(s.logger).Log("msg", "Alertmanager says nothing of alerts that are looked up", "err", err)
	}
	return err
}

func (s *server) request(ctx context.Context, path string, read func(*bounded) error) error {
	select {
	case s.places <- struct{}{}:
		defer func() { <-s.places }()
	case <-ctx.Done():
		return fmt.Errorf("others wait for it: %w", ctx.Err())
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/json")
	res, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode/100 == 4 && res.StatusCode != http.StatusTooManyRequests:
		return fmt.Errorf("%w: %s", errRefused, res.Status)
	case res.StatusCode/100 == 3:
		return fmt.Errorf("%s to %.200q, which is not followed", res.Status, res.Header.Get("Location"))
	case res.StatusCode != http.StatusOK:
		return errors.New(res.Status)
	}
	return read(&bounded{res.Body, mostBytes})
}
