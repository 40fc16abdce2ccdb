package chaos

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// hooked is a file with a hook for any Deployment.
const hooked = `hooks:
  deploy: {token_file: token, labels: {action: more}, for: 8s}
drivers: {kubernetes: {}}
targets:
  any:
    driver: kubernetes
    kind: Deployment
    namespace: '{{ .Labels.namespace }}'
    name: '{{ .Labels.deployment }}'
    max: 100
    cooldown: 0s
rules:
  - {name: more, matchers: ['hook="deploy"', 'action="more"'], target: any, up: 1}
  - {name: less, matchers: ['hook="deploy"'], target: any, down: 5, when: resolved}
`

// press posts to the hook with a token and an idempotency key.
func press(t *testing.T, a *stack.Alertscale, token, key, body string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL+"/hook/deploy", strings.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", key)
	res, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	got := answer{Code: res.StatusCode, RetryAfter: res.Header.Get("Retry-After")}
	require.NoError(t, json.Unmarshal(text, &got), "%s", text)
	return got
}

// TestHook posts to a hook, with another token in between, answers that are lost, and a kill: each POST is one
// step, a key makes two the same, and when the last one's time is over, that is a resolve.
func TestHook(t *testing.T) {
	s := newShop(t, 10, "web")
	watch := admin.WatchReplicas(t, s.object("web"))
	proxy := stack.ProxyAPIServer(t, api)
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Config: hooked, Kubeconfig: accountVia(t, proxy)})
	token := filepath.Join(filepath.Dir(a.Config), "token")
	require.NoError(t, os.WriteFile(token, []byte("one\n"), 0o600))
	a.Start(t)
	web := `{"namespace": "` + string(s) + `", "deployment": "web", "action": "ignored", "commit": 7}`

	require.Equal(t, 401, press(t, a, "wrong", "", web).Code)
	require.Equal(t, 400, press(t, a, "one", "", "namespace=shop").Code)
	require.Equal(t, []string{"scaled"}, press(t, a, "one", "", web).verdicts())
	require.Equal(t, []string{"scaled"}, press(t, a, "one", "", web).verdicts())

	proxy.Inject(stack.Fault{Match: stack.Method(http.MethodPatch), Times: 1, Cut: stack.BeforeAnswer})
	lost := press(t, a, "one", "build 8", web)
	require.Equal(t, 503, lost.Code)
	require.Equal(t, []string{"failed"}, lost.verdicts())
	a.Kill(t)
	require.NoError(t, os.WriteFile(token, []byte("two\n"), 0o600))
	a.Start(t)
	require.Equal(t, 401, press(t, a, "one", "build 8", web).Code)
	require.Equal(t, []string{"duplicate"}, press(t, a, "two", "build 8", web).verdicts())

	watch.Exactly(t, 4, wait, quiet) // its time is over
	require.Equal(t, []string{"duplicate"}, press(t, a, "two", "build 8", web).verdicts())
	require.Equal(t, []int{10, 11, 12, 13, 8}, watch.Values())
	code, body := a.Post(t, "/hook/other?key=two", "")
	require.Equal(t, 404, code, body)
}
