package rancher

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
	"alertscale/rules/engine"
)

func TestTwoRequestsAChange(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	f.observe(t)
	require.Equal(t, []string{"GET /stacks", "GET /services"}, f.asked(), "the id is looked up once")
	f.observe(t)
	require.NoError(t, f.scale(t, 3, 0))
	require.Equal(t, []string{"GET /services/1s5", "PUT /services/1s5"}, f.asked())
	require.InDelta(t, 0, s["scale"], 0)

	f.observe(t)
	f.ahead.Add(int64(time.Second))
	require.NoError(t, f.scale(t, 0, 2))
	require.Equal(t, []string{"GET /services/1s5", "GET /services/1s5", "PUT /services/1s5"}, f.asked(), "the read was old")
}

func TestTheScaleAloneIsWritten(t *testing.T) {
	f := newFake(t)
	f.web(object{"id": "1s23", "type": "loadBalancerService", "links": object{"self": "http://elsewhere/loadbalancerservices/1s23"}})
	f.observe(t)
	body := ""
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" {
				text := make([]byte, 100)
				n, _ := r.Body.Read(text)
				body = string(text[:n])
				r.Body = http.NoBody
			}
			return false
		}
	})
	require.ErrorContains(t, f.scale(t, 3, 0), "the server took the change to 0 and says 3")
	require.JSONEq(t, `{"scale":0}`, body)
}

func TestNumbersThatAreNone(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.asked()
	for _, n := range []int{-1, 1 << 31} {
		require.ErrorIs(t, f.scale(t, 3, n), controller.ErrInvalid)
	}
	require.Empty(t, f.asked())
}

func TestAChangeInTheMeantime(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	f.observe(t)
	f.set(s, object{"scale": 9})
	f.ahead.Add(int64(time.Second))
	require.EqualError(t, f.scale(t, 3, 4), "changed in the meantime: service shop/web: its scale is 9 and not 3")
	require.NoError(t, f.scale(t, 9, 4))

	require.Equal(t, 4, f.observe(t).Count)
	f.set(s, object{"state": "purged"})
	f.web(object{"id": "1s6", "scale": 4})
	f.ahead.Add(int64(time.Second))
	require.EqualError(t, f.scale(t, 4, 5), "changed in the meantime: service shop/web: it is another service of that name now, 1s6 and not 1s5")
}

func TestBusyIsTriedAgainFromAFreshRead(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	f.observe(t)
	f.asked()
	left := 2
	f.faultsWhile("PUT", func() bool { left--; return left >= 0 }, 409)
	require.NoError(t, f.scale(t, 3, 4))
	require.InEpsilon(t, 4, s["scale"], 0)
	put, get := "PUT /services/1s5", "GET /services/1s5"
	require.Equal(t, []string{put, get, put, get, put}, f.asked())

	f.observe(t)
	f.faultsWhile("PUT", func() bool { f.set(s, object{"scale": 8}); return true }, 409)
	require.EqualError(t, f.scale(t, 4, 5), "changed in the meantime: service shop/web: its scale is 8 and not 4", "who was in the way has changed it")
}

// faultsWhile answers requests of a method with a status for as long as it is told to.
func (f *fake) faultsWhile(method string, still func() bool, status int) {
	f.with(func() {
		f.intercept = func(w http.ResponseWriter, r *http.Request) bool {
			if r.Method != method || !still() {
				return false
			}
			refuse(w, status, "Conflict")
			return true
		}
	})
}

func TestBusyForLong(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.faultsWhile("PUT", func() bool { return true }, 409)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := f.driver.Scale(ctx, webRef(), engine.Change{From: 3, To: 4})
	require.ErrorIs(t, err, controller.ErrConflict)
	require.ErrorContains(t, err, "busy")
}

func TestAGivenUpWriteKeepsItsRef(t *testing.T) {
	f := newFake(t)
	s := f.web(nil)
	f.observe(t)
	begun, release := make(chan struct{}), make(chan struct{})
	once := sync.OnceFunc(func() { close(begun); <-release })
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.Method == "PUT" {
				once()
			}
			return false
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-begun; cancel() }()
	err := f.driver.Scale(ctx, webRef(), engine.Change{From: 3, To: 4})
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, controller.ErrConflict)

	next := f.newDriver(t, Config{}) // of the next file, or of another key
	next.shared = f.driver.shared
	_, err = next.connector.session(t.Context())
	require.NoError(t, err)
	elsewhere := webRef()
	elsewhere.Driver = "other"
	time.AfterFunc(300*time.Millisecond, func() { close(release) })
	for range 2 {
		short, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		_, err = f.driver.Observe(short, webRef())
		require.ErrorContains(t, err, "may still be carried out")
		cancel()
		short, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
		require.ErrorContains(t, f.driver.Scale(short, webRef(), engine.Change{From: 3, To: 5}), "may still be carried out")
		cancel()
		short, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
		_, err = next.Observe(short, elsewhere)
		require.ErrorContains(t, err, "may still be carried out")
		cancel()
	}
	require.Equal(t, 4, f.observe(t).Count, "it is read when the write has returned")
	require.InEpsilon(t, 4, s["scale"], 0)
}

func TestALostAnswer(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.with(func() { f.stored = func(object) { panic(http.ErrAbortHandler) } })
	f.server.Config.ErrorLog = nil
	err := f.scale(t, 3, 4)
	require.ErrorContains(t, err, "EOF")
	require.NotErrorIs(t, err, controller.ErrConflict)
	require.Equal(t, 1, strings.Count(strings.Join(f.asked(), " "), "PUT"), "a write is not sent again")
	require.Equal(t, 4, f.observe(t).Count)
}
