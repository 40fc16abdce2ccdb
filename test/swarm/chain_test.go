package swarm

import (
	"errors"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// TestTheStack deploys the stack of examples/swarm: Prometheus finds its targets by the swarm's DNS, and a
// service busy, Alertmanager says so, and alertscale, under the user and with the socket that the stack gives
// it, takes one step up; later, when the service is idle, one step down. A service of the templated target
// loses a quarter of its containers once. Of the stack only cAdvisor is not real.
func TestTheStack(t *testing.T) {
	d := swarm(t)
	needsNetworks(t)
	metrics := filepath.Join(t.TempDir(), "metrics")
	images(t, d, metrics)
	makeService(t, d, "shop_web", 3)
	makeService(t, d, "shop_cart", 4)
	web, cart := watch(t, d, "shop_web"), watch(t, d, "shop_cart")
	// The stack itself is idle all the time.
	m := startMeter(t, d, metrics, map[string]float64{"shop_web": 1.5, "shop_cart": 0.4, "alertscale_prometheus": 0.1})
	deploy(t, d, hasty(t))

	// Neither busy nor idle, for as long as it takes shop_cart to be found idle.
	cart.wait(t, 4, 3)
	web.wait(t, 3)
	m.setLoad("shop_web", 2.9) // of 3
	web.wait(t, 3, 5)
	m.setLoad("shop_web", 0.5) // of 5
	web.wait(t, 3, 5, 4)
	waitRunning(t, d, "shop_web", 4)

	time.Sleep(quiet)
	web.wait(t, 3, 5, 4)
	cart.wait(t, 4, 3)
	told(t, d)
	asked(t, d)
}

// TestTheStackWithAPassword deploys it with docker-compose.auth.yml, with the lines of the files that go with it,
// and with the secrets that its README has made.
func TestTheStackWithAPassword(t *testing.T) {
	d := swarm(t)
	needsNetworks(t)
	metrics := filepath.Join(t.TempDir(), "metrics")
	images(t, d, metrics)
	makeService(t, d, "shop_cart", 4)
	cart := watch(t, d, "shop_cart")
	startMeter(t, d, metrics, map[string]float64{"shop_cart": 0.4})

	dir := t.TempDir()
	write(t, dir, "web.yml", `basic_auth_users: {alertmanager: "$2b$10$qtg52CFpeGuUlmelycz7vuSxOnKdrd2kjS7Xg2NgjhgivQMf1GF9K"}`)
	commands := regexp.MustCompile("(?ms)^```\n(printf .*?)^```\n").FindStringSubmatch(shipped.File(t, "swarm/README.md"))
	require.NotNil(t, commands)
	d.cli(t, dir, commands[1])
	t.Cleanup(func() { // after the stack
		for _, secret := range []string{"alertscale-web", "alertscale-password"} {
			require.NoError(t, d.call(t, http.MethodDelete, "/secrets/"+secret, nil, nil))
		}
	})
	files := hasty(t)
	files["http.yml"] = shipped.File(t, "swarm/http.yml")
	files["config.yml"] = shipped.Replace(t, files["config.yml"],
		"        # http_config:", "        http_config:", "        #   basic_auth: {", "          basic_auth: {")
	files["prometheus.yml"] = shipped.Replace(t, files["prometheus.yml"], "    # basic_auth: {", "    basic_auth: {")
	deploy(t, d, files, "docker-compose.auth.yml")
	cart.wait(t, 4, 3)
	require.NotContains(t, d.cli(t, ".", "docker service logs --raw alertscale_alertmanager 2>&1"), "401")
	asked(t, d)
	require.NotContains(t, d.cli(t, ".", "docker service logs --raw alertscale_alertscale 2>&1"), "code=401", "the health check has the password")
}

// asked checks that alertscale answers its own commands in its container, as README.md has them, and that the
// engine counts it as healthy.
func asked(t *testing.T, d *docker) {
	t.Helper()
	command := regexp.MustCompile("(?m)^docker exec .* /alertscale decisions$").FindString(shipped.File(t, "swarm/README.md"))
	require.NotEmpty(t, command)
	require.Regexp(t, `scaled +4 → 3 +swarm:service/shop_cart +service is idle`, d.cli(t, ".", command))
	stack.Eventually(t, wait, func() error {
		health := d.cli(t, ".", "docker inspect -f '{{.State.Health.Status}}' $(docker ps -qf name=alertscale_alertscale)")
		if strings.TrimSpace(health) != "healthy" {
			return errors.New(health)
		}
		return nil
	})
}

// told checks that alertscale's log tells why it did what it did, and that it did nothing else.
func told(t *testing.T, d *docker) {
	log := d.cli(t, ".", "docker service logs --raw alertscale_alertscale 2>&1")
	require.NotContains(t, log, "level=error")
	var decisions []string
	for _, line := range strings.Split(log, "\n") {
		if strings.Contains(line, "msg=decision") && !strings.Contains(line, "verdict=resolved") {
			decisions = append(decisions, line)
		}
	}
	require.Len(t, decisions, 3, "%s", log)
	for i, want := range []string{
		`ref=swarm:service/shop_cart target=any-service rule="service is idle" verdict=scaled from=4 to=3 why="1 alert fires; down 25%: 4 → 3"`,
		`ref=swarm:service/shop_web target=web rule="web is busy" verdict=scaled from=3 to=5 why="1 alert fires; up 2: 3 → 5"`,
		`ref=swarm:service/shop_web target=web rule="web is idle" verdict=scaled from=5 to=4 why="1 alert fires; down 1: 5 → 4"`,
	} {
		require.Contains(t, decisions[i], want)
	}
}
