package remote

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// attempts are the times since the first one at which a receiver was asked.
type attempts struct {
	begin  time.Time
	at     []time.Duration
	bodies []string
}

func (a *attempts) note(r *http.Request) {
	if a.at == nil {
		a.begin = time.Now()
	}
	a.at = append(a.at, time.Since(a.begin))
	body, _ := io.ReadAll(r.Body)
	a.bodies = append(a.bodies, string(body))
}

// script runs a set whose receiver answers so in turn, the last answer again and again.
func script(t *testing.T, check func(*testing.T, *told, *attempts), answers ...func() (*http.Response, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a := &attempts{}
		s := newTold(func(r *http.Request) (*http.Response, error) {
			a.note(r)
			return answers[min(len(a.at), len(answers))-1]()
		})
		s.Use(webhook(t, "http://ops/", ""), noRules)
		s.Record(step("web"))
		check(t, s, a)
		s.Close(t.Context())
	})
}

func says(code int, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(code, "it said\nso", headers...), nil }
}

func breaks() (*http.Response, error) { return nil, errors.New("connection refused") }

// TestAReceiverThatFails_IsTriedAgain: with the same event each time, at a growing pace, and said in the log once.
func TestAReceiverThatFails_IsTriedAgain(t *testing.T) {
	script(t, func(t *testing.T, s *told, a *attempts) {
		time.Sleep(patience / 2)
		synctest.Wait()
		require.Len(t, a.at, 7)
		for _, body := range a.bodies {
			require.Equal(t, a.bodies[0], body)
		}
		for i, about := range []float64{1, 2, 4, 8, 16, 32} {
			require.InDelta(t, about, (a.at[i+1] - a.at[i]).Seconds(), about/2)
		}
		require.Equal(t, [3]int{1, 6, 0}, s.counts("ops"))
		require.Equal(t, 1, strings.Count(s.logged(), `level=warn msg="a sink is not told, and is tried again" sink=ops type=webhook queued=0 err="connection refused"`), s.logged())
		require.Contains(t, s.logged(), `level=info msg="a sink takes decisions again" sink=ops`)
	}, breaks, says(503), says(500), says(408), says(429), breaks, says(200))
}

// TestAReceiverThatRefuses_IsNotTriedAgain: what it says is in the log, and what is next is told.
func TestAReceiverThatRefuses_IsNotTriedAgain(t *testing.T) {
	for code, want := range map[int]string{
		400: `err="answered with 400 Bad Request: \"it said\\nso\""`, 401: "401 Unauthorized", 404: "404", 410: "410", 413: "413",
		302: "it redirects, which is not followed; give the url that it redirects to",
	} {
		script(t, func(t *testing.T, s *told, a *attempts) {
			synctest.Wait()
			require.Equal(t, [3]int{0, 1, 1}, s.counts("ops"))
			require.Contains(t, s.logged(), `msg="a sink is not told of a decision" sink=ops type=webhook queued=0 ref=simulator:service/web verdict=scaled`)
			require.Contains(t, s.logged(), want)
			s.Record(step("other"))
			synctest.Wait()
			require.Equal(t, [3]int{1, 1, 1}, s.counts("ops"))
			require.Len(t, a.at, 2)
		}, says(code, "Location: http://elsewhere/"), says(202))
	}
}

// TestRetryAfter: a receiver says when to come again, within limits.
func TestRetryAfter(t *testing.T) {
	in := func(d time.Duration) func() string {
		return func() string { return time.Now().Add(d).UTC().Format(http.TimeFormat) }
	}
	for _, test := range []struct {
		header      func() string
		least, most time.Duration
	}{
		{func() string { return "120" }, 2 * time.Minute, 2 * time.Minute},
		{in(5 * time.Minute), 5*time.Minute - time.Second, 5 * time.Minute},
		{in(-time.Hour), time.Second / 2, 3 * time.Second / 2},
		{func() string { return "0" }, time.Second / 2, 3 * time.Second / 2},
		{func() string { return "soon" }, time.Second / 2, 3 * time.Second / 2},
		{func() string { return "86400" }, longestAsked, longestAsked},
		{in(48 * time.Hour), longestAsked, longestAsked},
	} {
		for _, code := range []int{429, 503} {
			script(t, func(t *testing.T, _ *told, a *attempts) {
				time.Sleep(patience / 2)
				synctest.Wait()
				require.Len(t, a.at, 2)
				require.GreaterOrEqual(t, a.at[1], test.least)
				require.LessOrEqual(t, a.at[1], test.most)
			}, func() (*http.Response, error) { return answer(code, "", "Retry-After: "+test.header()), nil }, says(204))
		}
	}
}

// TestPatience: one decision keeps the others waiting for an hour at the most.
func TestPatience(t *testing.T) {
	script(t, func(t *testing.T, s *told, a *attempts) {
		s.Record(step("next"))
		time.Sleep(patience + time.Minute)
		synctest.Wait()
		require.Equal(t, 1, s.counts("ops")[2])
		require.Contains(t, a.bodies[len(a.bodies)-1], "service/next")
		for i := range a.at[1:] {
			require.LessOrEqual(t, a.at[i+1]-a.at[i], 3*longest/2)
		}
		require.InDelta(t, 6, strings.Count(s.logged(), "level=warn"), 2, "and not for each attempt")
	}, says(503))
}

// TestAQueueThatIsFull: what comes then is dropped and counted, and nobody waits.
func TestAQueueThatIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		word := make(chan struct{})
		a := &attempts{}
		s := newTold(func(r *http.Request) (*http.Response, error) {
			<-word
			a.note(r)
			return answer(200, ""), nil
		})
		s.Use(webhook(t, "http://ops/", ", queue: 2"), noRules)
		for _, name := range []string{"a", "b", "c", "d", "e"} {
			s.Record(step(name))
			synctest.Wait()
		}
		require.Equal(t, [3]int{0, 0, 2}, s.counts("ops"), "one is being told, two wait")
		s.Use(webhook(t, "http://ops/", ", queue: 3"), noRules)
		s.Record(step("f"))
		require.Equal(t, [3]int{0, 0, 2}, s.counts("ops"), "there is room for one more")
		close(word)
		s.Close(t.Context())
		require.Equal(t, [3]int{4, 0, 2}, s.counts("ops"))
		require.Contains(t, a.bodies[3], "service/f")
	})
}

// TestTheEnd: what waits to be tried again is tried once more, as is all that is queued, and then it is over.
func TestTheEnd(t *testing.T) {
	script(t, func(t *testing.T, s *told, a *attempts) {
		s.Record(step("next"))
		s.Record(step("last"))
		synctest.Wait()
		require.Len(t, a.at, 1)
		s.Close(t.Context())
		require.Less(t, time.Since(a.begin), time.Second/2, "nobody waits for another time")
		require.Len(t, a.at, 4)
		require.Equal(t, [3]int{1, 3, 2}, s.counts("ops"))
		require.Contains(t, s.logged(), `msg="a sink was not told all before the end" sink=ops dropped=2`)
		s.Record(step("late"))
		require.Equal(t, [3]int{1, 3, 3}, s.counts("ops"))
	}, breaks, says(503), says(503), says(200))
}

// TestTheEnd_OfAHungReceiver: the end takes no longer than it may, whoever hangs.
func TestTheEnd_OfAHungReceiver(t *testing.T) {
	for _, most := range []time.Duration{time.Second, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s := newTold(func(r *http.Request) (*http.Response, error) {
				<-r.Context().Done()
				return nil, r.Context().Err()
			})
			s.Use(webhook(t, "http://ops/", ""), noRules)
			for range 100 {
				s.Record(step("web"))
			}
			ctx, cancel := context.WithTimeout(t.Context(), most)
			defer cancel()
			begin := time.Now()
			s.Close(ctx)
			require.Equal(t, min(most, lastWords), time.Since(begin))
			require.Equal(t, [3]int{0, 1, 100}, s.counts("ops"), "nothing is begun any more")
		})
	}
}
