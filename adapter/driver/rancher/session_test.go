package rancher

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"alertscale/adapter/controller"
)

func TestTheFirstContactIsLazyAndShared(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	probes := 0
	f.with(func() {
		f.intercept = func(_ http.ResponseWriter, r *http.Request) bool {
			if r.URL.Query().Get("limit") == "1" {
				f.with(func() { probes++ })
			}
			return false
		}
	})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			_, err := f.driver.Observe(t.Context(), webRef())
			assert.NoError(t, err)
		})
	}
	wg.Wait()
	require.Equal(t, 2, probes, "one without a key, one with it")
}

func TestAFirstContactThatFailsIsMadeAgain(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.faults("GET", "", func(w http.ResponseWriter) { refuse(w, 503, "ServiceUnavailable") })
	_, err := f.driver.Observe(t.Context(), webRef())
	require.EqualError(t, err, "connect to "+f.server.URL+"/v2-beta: 503 Service Unavailable")
	f.with(func() { f.intercept = nil })
	require.Equal(t, 3, f.observe(t).Count)
}

func TestServersThatAreRefused(t *testing.T) {
	f := newFake(t)
	f.with(func() { f.methods = []string{"GET"} })
	_, err := f.driver.Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "may not change services of environment 1a7, its role there is readonly")

	f.faults("GET", "", func(w http.ResponseWriter) { w.Header().Del("X-API-Schemas"); _, _ = w.Write([]byte("hello")) })
	_, err = f.driver.Observe(t.Context(), webRef())
	require.ErrorContains(t, err, "this is no Rancher API")

	f.faults("GET", "", func(w http.ResponseWriter) { refuse(w, 403, "Forbidden") })
	_, err = f.newDriver(t, Config{URL: f.server.URL + "/v2-beta/projects/1a6"}).Observe(t.Context(), webRef())
	require.ErrorIs(t, err, controller.ErrForbidden)
	require.ErrorContains(t, err, "there is no environment 1a6 for this key")
}

func TestAccessControlThatIsOffIsSaidOnce(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	require.Empty(t, f.log.String())

	f.with(func() { f.open = true })
	d := f.newDriver(t, Config{URL: f.server.URL + "/v2-beta/projects/1a7", SecretKey: "wrong"})
	for range 2 {
		_, err := d.Observe(t.Context(), webRef())
		require.NoError(t, err)
		d.connector.expire(d.connector.current)
	}
	require.Equal(t, 1, strings.Count(f.log.String(), "access control of the Rancher server is off"))
}

func TestAKeyThatIsRotated(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	file := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(file, []byte("hush\n"), 0o600))
	d := f.newDriver(t, Config{SecretKeyFile: file})
	_, err := d.Observe(t.Context(), webRef())
	require.NoError(t, err)

	f.with(func() { f.secret = "other" })
	for range 2 { // an attempt to connect meets the old key
		_, err = d.Observe(t.Context(), webRef())
		var busy *controller.ThrottledError
		require.ErrorAs(t, err, &busy, "it is tried again")
		require.ErrorContains(t, err, "check access_key and secret_key")
	}
	require.NoError(t, os.WriteFile(file, []byte("other\n"), 0o600))
	_, err = d.Observe(t.Context(), webRef())
	require.Error(t, err, "that reads the file")
	_, err = d.Observe(t.Context(), webRef())
	require.NoError(t, err)

	f.with(func() { f.secret = "third" })
	require.NoError(t, os.Remove(file))
	_, err = d.Observe(t.Context(), webRef())
	require.Error(t, err)
	require.Contains(t, f.log.String(), "its file cannot be read again")
	require.NotContains(t, f.log.String()+fmt.Sprint(err), "other")
}

func TestErrorsOfTheServer(t *testing.T) {
	type test struct {
		status int
		code   string
		is     error
		say    string
	}
	for _, test := range []test{
		{400, "InvalidBodyContent", controller.ErrInvalid, "400 Bad Request: code=InvalidBodyContent"},
		{403, "Forbidden", controller.ErrForbidden, "403 Forbidden: code=Forbidden"},
		{404, "NotFound", controller.ErrConflict, "the service is gone"},
		{405, "MethodNotAllowed", controller.ErrForbidden, "the key's role does not let it"},
		{422, "MinLimitExceeded", controller.ErrInvalid, "422 Unprocessable Entity: code=MinLimitExceeded"},
		{422, "InvalidFormat", controller.ErrInvalid, "code=InvalidFormat"},
		{401, "Unauthorized", nil, "check access_key"},
		{429, "TooMany", nil, "429 Too Many Requests"},
		{500, "ServerError", nil, "500 Internal Server Error"},
		{502, "", nil, "502"}, {503, "", nil, "503"}, {504, "", nil, "504"},
	} {
		f := newFake(t)
		f.web(nil)
		f.observe(t)
		f.faults("PUT", "", func(w http.ResponseWriter) { refuse(w, test.status, test.code) })
		err := f.scale(t, 3, 4)
		require.ErrorContains(t, err, "service shop/web: ")
		require.ErrorContains(t, err, test.say)
		var busy *controller.ThrottledError
		require.Equal(t, test.status == 401 || test.status == 429, errors.As(err, &busy), test.status)
		for _, sentinel := range []error{controller.ErrConflict, controller.ErrInvalid, controller.ErrForbidden, controller.ErrNotFound} {
			if sentinel == test.is {
				require.ErrorIs(t, err, sentinel)
			} else {
				require.NotErrorIs(t, err, sentinel, test.status)
			}
		}
	}
}

func TestAnAnswerThatIsNotOfRancher(t *testing.T) {
	f := newFake(t)
	f.web(nil)
	f.observe(t)
	f.faults("GET", "/services", func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>" + strings.Repeat("x", 9999))) })
	_, err := f.driver.Observe(t.Context(), webRef())
	require.ErrorContains(t, err, "service shop/web: ")
	require.Less(t, len(err.Error()), 400)
}
