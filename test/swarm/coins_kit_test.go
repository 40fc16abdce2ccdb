package swarm

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// coinsWanted is the load that the test puts on, in coins a second.
const coinsWanted = 10

// coins is what is seen of dockercoins while it runs: the counts of its services, and the coins a second.
type coins struct {
	dir           string // with the files that were deployed
	workers, rngs *timeline
	load          func(t *testing.T, coins string)
	log           func(t *testing.T) string // alertscale's

	mu    sync.Mutex
	lines []string
	rates []point
}

// coinImages makes the images of the stack.
func coinImages(t *testing.T, d *docker) {
	t.Helper()
	named := imagesOf(t, "dockercoins/swarm/docker-compose.yml")
	require.Len(t, named, 4, named)
	require.Equal(t, "${DOCKERCOINS_IMAGE:-dockercoins}", named["dockercoins"])
	watching(t, d, named)
	d.image(t, "dockercoins", []file{{name: "dockercoins", text: read(t, shipped.Dockercoins(t))}},
		instructions(t, "dockercoins/Dockerfile")...)
}

// startCoins runs the one command, and looks on until the test ends.
func startCoins(t *testing.T, d *docker) *coins {
	t.Helper()
	c := &coins{dir: t.TempDir()}
	socket := filepath.Join(d.dir, "docker.sock")
	files := hastyCoins(t)
	files["up.sh"] = shipped.File(t, "dockercoins/up.sh")
	files["swarm/docker-compose.yml"] = shipped.Replace(t, shipped.File(t, "dockercoins/swarm/docker-compose.yml"),
		"- /var/run/docker.sock:", "- "+socket+":")
	for name, text := range files {
		path := filepath.Join(c.dir, "examples/dockercoins", name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		write(t, filepath.Dir(path), filepath.Base(path), text)
	}
	env := append(os.Environ(), "DOCKER_HOST="+d.host, "DOCKER_SOCKET="+socket, "INTERVAL=1s", "WANTED="+strconv.Itoa(coinsWanted),
		"ALERTSCALE_IMAGE=alertscale", "DOCKERCOINS_IMAGE=dockercoins")
	c.load = func(t *testing.T, coins string) { d.cli(t, c.dir, c.command(t, "load "+coins)) }
	c.log = func(t *testing.T) string {
		c.asked(t, d)
		return d.cli(t, ".", "docker service logs --raw dockercoins_alertscale 2>&1")
	}
	t.Cleanup(func() { c.down(t, d, env) })
	up := exec.Command("sh", "examples/dockercoins/up.sh")
	up.Dir, up.Env = c.dir, env
	c.lookOn(t, d, up)
	return c
}

// lookOn reads what a command prints until the test ends, follows the counts of the services, and waits for the first line about
// coins.
func (c *coins) lookOn(t *testing.T, d *docker, of *exec.Cmd) {
	t.Helper()
	c.read(t, of)
	c.workers = follow(t, func() (int, error) { return counted(t, d, "dockercoins_worker") })
	c.rngs = follow(t, func() (int, error) { return counted(t, d, "dockercoins_rng") })
}

// read runs a command until the test ends, and waits for the first line about coins that it prints.
func (c *coins) read(t *testing.T, of *exec.Cmd) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, of.Path, of.Args[1:]...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = of.Dir, of.Env, &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	cmd.Stderr = cmd.Stdout
	require.NoError(t, cmd.Start())
	var done sync.WaitGroup
	done.Go(func() {
		for text := bufio.NewScanner(out); text.Scan(); {
			c.line(text.Text())
		}
		_ = cmd.Wait()
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	stack.Eventually(t, 2*time.Minute, func() error {
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.rates) == 0 {
			return fmt.Errorf("no coins are watched:\n%s", strings.Join(c.lines, "\n"))
		}
		return nil
	})
}

// line takes a line that the command printed: of what is watched the third column is coins a second.
func (c *coins) line(text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, text)
	columns := strings.Fields(text)
	if len(columns) != 5 || len(columns[0]) != len(time.TimeOnly) {
		return
	}
	if rate, err := strconv.ParseFloat(columns[2], 64); err == nil {
		c.rates = append(c.rates, point{time.Now(), rate})
	}
}

// String is what the command printed last.
func (c *coins) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.lines[max(0, len(c.lines)-20):], "\n")
}

// rate is the mean of the coins a second over the last while.
func (c *coins) rate(d time.Duration) float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum, n := 0.0, 0
	for _, p := range c.rates {
		if time.Since(p.at) < d {
			sum, n = sum+p.value, n+1
		}
	}
	return sum / float64(max(1, n))
}

// command is one of the application, as the README has it.
func (c *coins) command(t *testing.T, args string) string {
	t.Helper()
	command := "docker exec $(docker ps -qf name=dockercoins_webui) /dockercoins " + args
	require.Contains(t, shipped.File(t, "dockercoins/README.md"), "\n"+command+"\n")
	return command
}

// asked checks that alertscale tells why by the command of the README.
func (c *coins) asked(t *testing.T, d *docker) {
	t.Helper()
	command := regexp.MustCompile("(?m)^docker exec .* /alertscale decisions --why$").FindString(shipped.File(t, "dockercoins/README.md"))
	require.NotEmpty(t, command)
	require.Contains(t, d.cli(t, c.dir, command), "back to the baseline: 2 → 1")
}

// down removes the stack as the README says.
func (c *coins) down(t *testing.T, d *docker, env []string) {
	if t.Failed() {
		t.Log(c, "\n", d.story("dockercoins"))
	}
	cmd := exec.Command("sh", "examples/dockercoins/up.sh", "down")
	cmd.Dir, cmd.Env = c.dir, env
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// counted is the count of a service.
func counted(t *testing.T, d *docker, name string) (int, error) {
	var s service
	err := d.call(t, "GET", "/services/"+name, nil, &s)
	return s.count(), err
}
