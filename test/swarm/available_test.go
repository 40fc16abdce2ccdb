package swarm

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// What the tests run of the system, and the packages of Debian that have it.
var (
	programs = []string{"dockerd", "containerd", "runc", "ip"}
	packages = []string{"docker.io", "iproute2"}
)

// available returns nil where an engine can be run, after installing it where that is possible, else why not.
func available() error {
	if runtime.GOOS != "linux" {
		return errors.New("the engine runs on Linux only")
	}
	if os.Geteuid() != 0 {
		return errors.New("the engine is run by root only: run the tests as root")
	}
	probe := exec.Command("true")
	probe.SysProcAttr = apart()
	if err := probe.Run(); err != nil {
		return fmt.Errorf("the engine needs namespaces of its own, and this system refuses them (%w): in a container, make it a privileged one", err)
	}
	if missing() == nil {
		return nil
	}
	if err := install(); err != nil {
		return fmt.Errorf("%w, and could not be installed: %w", missing(), err)
	}
	return missing()
}

// missing says which program is not there.
func missing() error {
	for _, name := range programs {
		if _, err := exec.LookPath(name); err != nil {
			return fmt.Errorf("there is no %s", name)
		}
	}
	return nil
}

func install() error {
	if _, err := exec.LookPath("apt-get"); err != nil {
		return errors.New("there is no apt-get")
	}
	fmt.Fprintf(os.Stderr, "installing %s (once on this machine)\n", strings.Join(packages, ", "))
	if err := aptGet("update", "-q"); err != nil {
		return err
	}
	if err := aptGet(append([]string{"install", "-qy", "--no-install-recommends"}, packages...)...); err != nil {
		return err
	}
	if _, err := exec.LookPath("docker"); err != nil {
		// Since Debian 13 the client is a package of its own. Without it a stack is not deployed, and says so.
		_ = aptGet("install", "-qy", "--no-install-recommends", "docker-cli")
	}
	return nil
}

func aptGet(args ...string) error {
	cmd := exec.Command("apt-get", args...)
	cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("apt-get %s: %w: %s", args[0], err, bytes.TrimSpace(tail(out, 1000)))
	}
	return nil
}

// tail returns the last bytes of a text.
func tail(text []byte, n int) []byte { return text[max(0, len(text)-n):] }
