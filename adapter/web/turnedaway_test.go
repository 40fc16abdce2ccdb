package web

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/stretchr/testify/require"
)

// TestWrongPasswordsAreSeen checks that what the web configuration turns away is logged and counted, and that what
// it lets through is so by the handler alone.
func TestWrongPasswordsAreSeen(t *testing.T) {
	for _, prefix := range []string{"", "/ops/alertscale"} {
		t.Run("under "+prefix, func(t *testing.T) { wrongPasswordsAreSeen(t, prefix) })
	}
}

func wrongPasswordsAreSeen(t *testing.T, prefix string) {
	config, err := os.ReadFile("testdata/web-config.yml")
	require.NoError(t, err)
	_, users, ok := strings.Cut(string(config), "basic_auth_users:")
	require.True(t, ok)
	webConfig := filepath.Join(t.TempDir(), "web.yml")
	require.NoError(t, os.WriteFile(webConfig, []byte("basic_auth_users:"+users), 0o600))
	var text strings.Builder
	now := time.Date(2026, 11, 20, 5, 24, 45, 0, time.UTC)
	logger := log.NewLogfmtLogger(log.NewSyncWriter(&text))
	s := newSite(&fakeCore{}, withHook("deploy", fakeHook{}), under(prefix))
	r := startLogging(t, &fakeCore{}, webConfig, logger, func(server *Server) {
		server.Handler = s
		server.doorman = &doorman{newRefusals(logger, func() time.Time { return now }), s.metrics, prefix}
		server.parts = server.newParts()
	})
	ask := func(path string, header ...string) int {
		q, err := http.NewRequestWithContext(t.Context(), "POST", "http://"+r.address+prefix+path, strings.NewReader(minimal))
		require.NoError(t, err)
		for i := 0; i < len(header); i += 2 {
			q.Header.Set(header[i], header[i+1])
		}
		response, err := http.DefaultClient.Do(q)
		require.NoError(t, err)
		readAll(t, response)
		return response.StatusCode
	}
	for _, test := range []struct{ path, authorization, says string }{
		{"/webhook", "", "no user and password, which --web.config.file asks for: set basic_auth"},
		{"//webhook/", "Bearer t", "the Authorization is none of user and password"},
		{"/metrics", "Basic YTpi", "this user or password is not in --web.config.file"},
	} {
		now = now.Add(time.Minute)
		text.Reset()
		for range 3 {
			require.Equal(t, 401, ask(test.path, "Authorization", test.authorization))
		}
		require.Equal(t, 1, strings.Count(text.String(), "code=401"), text.String())
		require.Contains(t, text.String(), test.says)
	}
	require.Equal(t, 6.0, s.count(t, "401"))

	text.Reset()
	q, _ := http.NewRequestWithContext(t.Context(), "POST", "/", nil)
	q.SetBasicAuth("alertmanager", "secret")
	basic := q.Header.Get("Authorization")
	require.Equal(t, 200, ask("/webhook", "Authorization", basic))
	require.Equal(t, 401, ask("/hook/deploy?key=wrong", "Authorization", basic))
	require.Equal(t, 7.0, s.count(t, "401"), "the hook's own is counted once")
	require.Equal(t, 1.0, s.count(t, "200"))
	require.Empty(t, text.String())
	require.Contains(t, s.log.String(), "path="+prefix+"/hook/deploy code=401")
}
