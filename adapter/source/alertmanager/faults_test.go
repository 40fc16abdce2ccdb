package alertmanager

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func answers(code int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(code)
		_, _ = io.WriteString(w, body)
	}
}

// TestAsk_Faults: whatever an Alertmanager answers in place of what it should, it says nothing.
func TestAsk_Faults(t *testing.T) {
	elsewhere := newFake(t, in("active", busy))
	for name, fault := range map[string]http.HandlerFunc{
		"400":             answers(http.StatusBadRequest, `"bad matcher"`),
		"401":             answers(http.StatusUnauthorized, ""),
		"429":             answers(http.StatusTooManyRequests, ""),
		"500":             answers(http.StatusInternalServerError, "[]"),
		"503":             answers(http.StatusServiceUnavailable, "Limit of concurrent GET requests reached (8), try again later."),
		"204":             answers(http.StatusNoContent, ""),
		"nothing":         answers(http.StatusOK, ""),
		"a page":          answers(http.StatusOK, "<html>sign in</html>"),
		"null":            answers(http.StatusOK, "null"),
		"another type":    answers(http.StatusOK, `"[]"`),
		"an empty object": answers(http.StatusOK, "{}"),
		"cut":             answers(http.StatusOK, `[{"labels": {"alertname": "Other"}, "status": {"state": "active"}}`),
		"cut in an alert": answers(http.StatusOK, `[{"labels": {"alertname": "Ot`),
		"no state":        answers(http.StatusOK, `[{"labels": {"alertname": "Other"}}]`),
		"a new state":     answers(http.StatusOK, `[{"labels": {"alertname": "Other"}, "status": {"state": "pondering"}}]`),
		"no labels":       answers(http.StatusOK, `[{"status": {"state": "active"}}]`),
		"odd labels":      answers(http.StatusOK, `[{"labels": {"alertname": 1}, "status": {"state": "active"}}]`),
		"hangs up":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"redirects": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL+r.URL.String(), http.StatusFound)
		},
		"is endless": endless,
	} {
		for _, path := range []string{alertsPath, statusPath} {
			t.Run(name+" "+path, func(t *testing.T) {
				f, log := newFake(t, in("active", busy)), &lines{}
				f.breaks(path, fault)
				a := newAsker(t, "", Options{Logger: log}, f)
				require.Equal(t, []string{"unknown"}, a.ask(t, busy))
				require.Len(t, log.all(), 1, "it is logged once")
				f.breaks(path, nil)
				a.passes(statusFor + time.Second)
				require.Equal(t, []string{"firing"}, a.ask(t, busy))
			})
		}
	}
	require.Zero(t, elsewhere.requests(alertsPath)+elsewhere.requests(statusPath))
}

// TestAsk_Slow: nobody waits for an Alertmanager longer than the timeout, and those that answer are heard.
func TestAsk_Slow(t *testing.T) {
	slow, other := newFake(t), newFake(t, in("active", busy))
	stop, ended := make(chan struct{}), make(chan struct{})
	free := sync.OnceFunc(func() { close(stop) })
	defer free()
	slow.breaks(alertsPath, func(http.ResponseWriter, *http.Request) { <-stop })
	a := newAsker(t, "", Options{Timeout: 100 * time.Millisecond}, slow, other)
	a.servers[0].timeout = time.Hour
	require.Equal(t, []string{"firing"}, a.ask(t, busy), "the timeout of all that is asked for one answer")
	free()
	hung := newFake(t)
	hung.breaks(alertsPath, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done(); close(ended) })
	a = newAsker(t, "", Options{Timeout: 100 * time.Millisecond}, hung)
	a.timeout = time.Minute
	require.Equal(t, []string{"unknown"}, a.ask(t, busy), "the timeout of one request")
	<-ended
}

// TestAsk_LeavesAlone: an Alertmanager that fails is not asked again for a while, about anything.
func TestAsk_LeavesAlone(t *testing.T) {
	for _, code := range []int{http.StatusBadGateway, http.StatusTooManyRequests, http.StatusFound} {
		t.Run(strconv.Itoa(code), func(t *testing.T) { testLeavesAlone(t, code) })
	}
}

func testLeavesAlone(t *testing.T, code int) {
	f := newFake(t, in("active", busy))
	f.breaks(alertsPath, answers(code, ""))
	log := &lines{}
	a := newAsker(t, "", Options{Logger: log}, f)
	for range 3 {
		require.Equal(t, []string{"unknown"}, a.ask(t, busy))
		require.Equal(t, 1, f.requests(alertsPath))
		require.Len(t, log.all(), 1, "that is not logged each time")
		a.passes(mostKeep)
	}
	a.passes(logInterval)
	a.ask(t, busy)
	require.Len(t, log.all(), 2)
	f.requests(alertsPath)
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "unknown"}, a.ask(t, busy, set("alertname", "Other")))
	require.Zero(t, f.requests(alertsPath))
	a.passes(mostKeep)
	require.Equal(t, []string{"firing"}, a.ask(t, busy))
}

// TestAsk_Refused: a request that is refused says nothing about others.
func TestAsk_Refused(t *testing.T) {
	f := newFake(t, in("active", busy))
	f.breaks(alertsPath, answers(http.StatusRequestURITooLong, ""))
	a := newAsker(t, "", Options{}, f)
	require.Equal(t, []string{"unknown"}, a.ask(t, set("alertname", "Other")))
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "firing"}, a.ask(t, set("alertname", "Other"), busy), "the refused one is not asked again at once")
}

// TestAsk_TooLong: nor does an answer that is too long, of which the rest is not read.
func TestAsk_TooLong(t *testing.T) {
	f, log := newFake(t, in("active", busy)), &lines{}
	f.breaks(alertsPath, endless)
	a := newAsker(t, "", Options{Logger: log}, f)
	require.Equal(t, []string{"unknown"}, a.ask(t, set("alertname", "Other")))
	require.Contains(t, log.all()[0], "the answer is longer than 16 MiB")
	f.breaks(alertsPath, nil)
	require.Equal(t, []string{"unknown", "firing"}, a.ask(t, set("alertname", "Other"), busy))
}

// endless answers with alerts for as long as anybody reads.
func endless(w http.ResponseWriter, _ *http.Request) {
	_, err := io.WriteString(w, "[")
	for one := `{"labels": {"alertname": "` + strings.Repeat("x", 10000) + `"}, "status": {"state": "active"}},`; err == nil; {
		_, err = io.WriteString(w, one)
	}
}

// lines is a log.
type lines struct {
	mu   sync.Mutex
	list []string
}

func (l *lines) Log(pairs ...any) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, fmt.Sprintln(pairs...))
	return nil
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.list
}
