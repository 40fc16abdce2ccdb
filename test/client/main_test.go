// Package client tests what an operator has of alertscale, on the program itself: its commands that ask a running
// one, its metrics and its log.
package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// config needs no cluster. The refs look as if there were one.
const config = `
drivers:
  kubernetes: {type: simulator, workloads: {shop/web: 3, shop/cart: 2}}
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: shop, name: web, min: 2, max: 20, cooldown: 20m}
  cart: {driver: kubernetes, kind: Deployment, namespace: shop, name: cart, max: 10}
rules:
  - {name: web is busy, matchers: ['alertname="WebBusy"'], target: web, up: 2}
  - {name: cart is idle, matchers: ['alertname="CartIdle"'], target: cart, down: 1, dry_run: true}
`

// wait is for what is sure to come.
const wait = 30 * time.Second

// alert returns one of a notification, with labels NAME=VALUE, that fires since now.
func alert(labels ...string) map[string]any {
	set := map[string]string{}
	for _, l := range labels {
		name, value, _ := strings.Cut(l, "=")
		set[name] = value
	}
	return map[string]any{"status": "firing", "labels": set, "startsAt": time.Now().UTC()}
}

// notify posts a notification, and wants it to be answered with a code.
func notify(t *testing.T, a *stack.Alertscale, want int, alerts ...map[string]any) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"version": "4", "receiver": "alertscale", "groupKey": fmt.Sprintf("{}:{alertname=%q}", alerts[0]["labels"].(map[string]string)["alertname"]), "alerts": alerts,
	})
	require.NoError(t, err)
	code, answer := a.Post(t, "/webhook", string(body))
	require.Equal(t, want, code, answer)
}

// does runs a command that ends well, and returns what it prints.
func does(t *testing.T, a *stack.Alertscale, command string) string {
	t.Helper()
	out, code := a.Command(t, strings.Fields(command)...)
	require.Equal(t, 0, code, "%s\n%s", command, out)
	return out
}
