package client

import (
	"fmt"
	"strings"
	"syscall"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

const web = "kubernetes:Deployment/shop/web"

// TestPause stops the steps of a ref by a command, over a restart, and lets them go on by another one.
func TestPause(t *testing.T) {
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config})
	require.Contains(t, does(t, a, "pause "+web+" --for=2h --direction=up"), web+": paused up until ")
	a.Signal(t, syscall.SIGTERM)
	require.NoError(t, a.Wait(t, wait))
	out, code := a.Command(t, "targets")
	require.Equal(t, 1, code)
	require.Contains(t, out, "connection refused: is alertscale running there?")

	a.Start(t)
	notify(t, a, 200, alert("alertname=WebBusy"))
	require.Contains(t, does(t, a, "decisions --verdict=paused --since=1m"), web)
	require.Contains(t, does(t, a, "targets"), "paused,active")
	require.Equal(t, web+": not paused\n", does(t, a, "resume "+web))
	stack.Eventually(t, wait, func() error {
		if out := does(t, a, "decisions --verdict=scaled"); !strings.Contains(out, "3 → 5") {
			return fmt.Errorf("not scaled:\n%s", out)
		}
		return nil
	})
}

// TestErrors checks that what goes wrong ends with 1 and one line.
func TestErrors(t *testing.T) {
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: config})
	for command, says := range map[string]string{
		"pause shop/web --for=2h":                   `alertscale: shop/web: no such ref is known, did you mean "` + web + `"?`,
		"pause " + web + " --for=soon":              `400 Bad Request: for: "soon" is no duration of up to 366d, such as 30m or 2h`,
		"pause " + web:                              "required flag(s) '--for' not provided",
		"resume " + web + " --direction=left":       "enum value must be one of up,down,both, got 'left'",
		"decisions --verdict=scald":                 `did you mean "scaled"?`,
		"rules --url=" + a.URL + "/alertscale":      "no alertscale is served there: check --url",
		"targets --http.config.file=none.yml":       "alertscale: --http.config.file none.yml: open none.yml: no such file or directory",
		"healthcheck --url=http://127.0.0.1:1":      "is alertscale running there?",
		"healthcheck --ready --url=" + a.URL + "/x": "404 Not Found",
		"targets -o yaml":                           "enum value must be one of simple,extended,json, got 'yaml'",
	} {
		out, code := a.Command(t, strings.Fields(command)...)
		require.Equal(t, 1, code, "%s\n%s", command, out)
		require.Contains(t, out, says, command)
		require.Equal(t, 1, strings.Count(out, "\n"), out)
	}
	require.Equal(t, "alertscale is healthy.\n", does(t, a, "healthcheck"))
	require.Equal(t, "alertscale is ready.\n", does(t, a, "healthcheck --ready"))
}
