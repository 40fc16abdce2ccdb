package swarm

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// cli runs a command of a shell with docker's own client in it.
func (d *docker) cli(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+d.host)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", command, out)
	return string(out)
}

// needsNetworks skips a test where a stack cannot be deployed.
func needsNetworks(t *testing.T) {
	t.Helper()
	if err := networks(); err != nil {
		t.Skip(notTested("the stack of examples/swarm", err))
	}
}

// networks returns nil where a stack can be deployed: some systems have the engine's client in another package than the
// engine, and the networks of a swarm want a kernel with vxlan.
func networks() error {
	if _, err := exec.LookPath("docker"); err != nil {
		return err
	}
	probe := exec.Command("ip", "link", "add", "probe", "type", "vxlan", "id", "4096", "dstport", "4789")
	probe.SysProcAttr = apart()
	return probe.Run()
}

// notTested says loudly what is not tested, and why.
func notTested(what string, err error) string {
	line := strings.Repeat("!", 100)
	text := fmt.Sprintf("NOT TESTED: %s. %v", what, err)
	fmt.Fprintf(os.Stderr, "%s\n%s\n%s\n", line, text, line)
	return text
}

// images makes those that the stack names: the programs that the tests build, as the images of Prometheus,
// Alertmanager and alertscale have them, and for cAdvisor one that shows a file.
func images(t *testing.T, d *docker, metrics string) {
	t.Helper()
	named := imagesOf(t, "swarm/docker-compose.yml")
	require.Len(t, named, 4, named)
	d.image(t, named["cadvisor"], []file{{name: "show", text: built(t, "./show")}},
		`ENTRYPOINT ["/show"]`, "ENV METRICS=/rootfs"+metrics)
	watching(t, d, named)
}

// imagesOf returns those that a file of compose names, by their last part.
func imagesOf(t *testing.T, file string) map[string]string {
	t.Helper()
	named := map[string]string{}
	for _, found := range regexp.MustCompile(`image: (?:&\w+ )?(\S*?(\w+)(?::v[\d.]+|\}))\n`).FindAllStringSubmatch(shipped.File(t, file), -1) {
		named[found[2]] = found[1]
	}
	return named
}

// watching makes the images of Prometheus, Alertmanager and alertscale.
func watching(t *testing.T, d *docker, named map[string]string) {
	t.Helper()
	component := func(c stack.Component, name string) []byte {
		dir, err := stack.Build(t.Context(), c)
		require.NoError(t, err)
		return read(t, filepath.Join(dir, name))
	}
	require.Equal(t, "${ALERTSCALE_IMAGE:-alertscale}", named["alertscale"])
	d.image(t, named["prometheus"], []file{{name: "bin/prometheus", text: component(stack.Prometheus, "prometheus")}, {name: "prometheus/"}},
		"USER 65534", `ENTRYPOINT ["/bin/prometheus"]`, "WORKDIR /prometheus")
	d.image(t, named["alertmanager"], []file{{name: "bin/alertmanager", text: component(stack.Alertmanager, "alertmanager")}, {name: "alertmanager/"}},
		"USER 65534", `ENTRYPOINT ["/bin/alertmanager"]`, "WORKDIR /alertmanager")
	d.image(t, "alertscale", []file{{name: "alertscale", text: read(t, shipped.Build(t))}, {name: "data/"}}, instructions(t, "../Dockerfile")...)
}

// instructions returns those of a Dockerfile's image that are not about files.
func instructions(t *testing.T, file string) []string {
	t.Helper()
	_, last, found := strings.Cut(shipped.File(t, file), "\nFROM scratch\n")
	require.True(t, found)
	return regexp.MustCompile(`(?m)^(VOLUME|USER|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) .*$`).FindAllString(last, -1)
}

// hasty returns the files of the stack with all of their durations sixty times as fast, and with the dry run switched off.
func hasty(t *testing.T) map[string]string {
	files := map[string]string{}
	for name, durations := range map[string]int{"prometheus.yml": 3, "rules.conf": 6, "config.yml": 3, "alertscale.yml": 6} {
		files[name] = shipped.Faster(t, shipped.File(t, "swarm/"+name), durations)
	}
	files["alertscale.yml"] = shipped.Acting(t, files["alertscale.yml"], "any-service")
	return files
}

// deploy deploys the stack of examples/swarm with such files by the command of its README, with more files of
// compose where they are named. What is replaced is where the engine has its socket and its data.
func deploy(t *testing.T, d *docker, files map[string]string, more ...string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		write(t, dir, name, text)
	}
	socket := filepath.Join(d.dir, "docker.sock")
	write(t, dir, "docker-compose.yml", shipped.Replace(t, shipped.File(t, "swarm/docker-compose.yml"),
		"- /var/run/docker.sock:", "- "+socket+":", "- /var/lib/docker:", "- "+filepath.Join(d.dir, "data")+":"))
	list := "-c docker-compose.yml"
	for _, name := range more {
		write(t, dir, name, shipped.File(t, "swarm/"+name))
		list += " -c " + name
	}

	command := regexp.MustCompile("(?ms)^```\n(MANAGER=.*?)^```\n").FindStringSubmatch(shipped.File(t, "swarm/README.md"))
	require.NotNil(t, command)
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(d.story("alertscale"))
		}
		d.remove(t, "alertscale")
	})
	t.Log(d.cli(t, dir, shipped.Replace(t, command[1], "/var/run/docker.sock", socket,
		// Nothing is to be asked of a registry.
		"deploy -c examples/swarm/docker-compose.yml", "deploy --resolve-image=never "+list)))
}

// story returns what became of the tasks of a stack, and what they wrote last.
func (d *docker) story(name string) string {
	cmd := exec.Command("sh", "-c", `docker stack ps --no-trunc "$0"
for s in $(docker stack services --format '{{.Name}}' "$0"); do docker service logs --raw --tail 30 $s 2>&1; done`, name)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+d.host)
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// remove removes a stack with its volumes, and waits until they are gone.
func (d *docker) remove(t *testing.T, name string) {
	t.Helper()
	cmd := exec.Command("docker", "stack", "rm", name)
	cmd.Env = append(os.Environ(), "DOCKER_HOST="+d.host)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	stack.Eventually(t, wait, func() error {
		var found struct{ Volumes []struct{ Name string } }
		filter := url.QueryEscape(fmt.Sprintf(`{"label":["com.docker.stack.namespace=%s"]}`, name))
		if err := d.call(t, http.MethodGet, "/volumes?filters="+filter, nil, &found); err != nil {
			return err
		}
		for _, v := range found.Volumes {
			// In use until the containers are gone.
			if err := d.call(t, http.MethodDelete, "/volumes/"+v.Name, nil, nil); err != nil {
				return err
			}
		}
		return nil
	})
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
}
