// Package swarm is the driver of the replicated services of a Docker Swarm. It changes nothing of a
// service but the number of its replicas.
package swarm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/moby/moby/client"

	"alertscale/adapter/driver/internal/block"
	"alertscale/rules/yamldoc"
)

// Config is the driver's block of the file. Its zero value is the default.
type Config struct {
	Host     string // unix:///path, or tcp://host:port of a manager; empty: DOCKER_HOST, else the local socket
	CAFile   string // PEM: who signs the certificate of a tcp host; empty: whom the system trusts
	CertFile string // PEM: what is shown to a tcp host
	KeyFile  string // PEM: its key
}

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	var c Config
	block.Read(n, []yamldoc.Field{
		{Key: "host", Read: func(n yamldoc.Node) { c.Host = block.Text(n, checkHost) }},
		{Key: "ca_file", Read: func(n yamldoc.Node) { c.CAFile = n.File() }},
		{Key: "cert_file", Read: func(n yamldoc.Node) { c.CertFile = n.File() }},
		{Key: "key_file", Read: func(n yamldoc.Node) { c.KeyFile = n.File() }},
	})
	if err := c.consistent(); err != nil {
		n.Faultf("%v", err)
	}
	return c
}

func checkHost(text string) error {
	_, err := parseHost(text)
	return err
}

// tls reports whether a tcp host is spoken to in TLS.
func (c Config) tls() bool { return c.CAFile != "" || c.CertFile != "" || c.KeyFile != "" }

// consistent says what does not go together.
func (c Config) consistent() error {
	switch {
	case c.CertFile != "" && c.KeyFile == "":
		return errors.New("cert_file needs a key_file")
	case c.KeyFile != "" && c.CertFile == "":
		return errors.New("key_file needs a cert_file")
	}
	if a, err := parseHost(c.Host); err == nil && a.network == unix && c.tls() {
		return fmt.Errorf("ca_file, cert_file and key_file are for a host tcp://…, not for %s", c.Host)
	}
	return nil
}

// withDefaults completes a block that gives no host from the environment, as docker does: the host is
// DOCKER_HOST, and where that is of TCP, and DOCKER_CERT_PATH or DOCKER_TLS_VERIFY is set, the files are
// those of docker. The certificate of the host is always verified.
func (c Config) withDefaults() Config {
	if c.Host != "" {
		return c
	}
	c.Host = os.Getenv(client.EnvOverrideHost)
	if c.Host == "" {
		c.Host = client.DefaultDockerHost
	}
	a, err := parseHost(c.Host)
	dir := os.Getenv(client.EnvOverrideCertPath)
	if err != nil || a.network == unix || c.tls() || dir == "" && os.Getenv(client.EnvTLSVerify) == "" {
		return c
	}
	if home, err := os.UserHomeDir(); err == nil && dir == "" {
		dir = filepath.Join(home, ".docker")
	}
	c.CAFile = filepath.Join(dir, "ca.pem")
	c.CertFile = filepath.Join(dir, "cert.pem")
	c.KeyFile = filepath.Join(dir, "key.pem")
	return c
}
