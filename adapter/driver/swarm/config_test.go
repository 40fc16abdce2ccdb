package swarm

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules/yamldoc"
)

func TestReadConfig(t *testing.T) {
	doc, root := yamldoc.Parse("a.yml", []byte("type: swarm\ntimeout: 5s\nhost: tcp://manager:2376\nca_file: /ca\ncert_file: /cert\nkey_file: /key\n"))
	require.Equal(t, Config{"tcp://manager:2376", "/ca", "/cert", "/key"}, ReadConfig(root))
	require.NoError(t, doc.Err())

	doc, root = yamldoc.Parse("a.yml", []byte("{}\n"))
	require.Equal(t, Config{}, ReadConfig(root))
	require.NoError(t, doc.Err())

	for text, want := range map[string]string{
		"hosts: x\n":                    `a.yml:1: unknown key "hosts", did you mean "host"?`,
		"host: ''\n":                    `a.yml:1: host: is empty`,
		"host: manager:2376\n":          `a.yml:1: host: "manager:2376": want unix:///path or tcp://host:port`,
		"host: unix://docker.sock\n":    `a.yml:1: host: "unix://docker.sock": want unix:///path or tcp://host:port`,
		"host: tcp://manager\n":         `a.yml:1: host: "tcp://manager": want unix:///path or tcp://host:port`,
		"host: tcp://:2376\n":           `a.yml:1: host: "tcp://:2376": want unix:///path or tcp://host:port`,
		"host: ssh://me@manager\n":      `a.yml:1: host: "ssh://me@manager": ssh://… is not supported, want unix:///path or tcp://host:port`,
		"host: [a]\nca_file: ''\n":      "a.yml:1: host: is a list, want a single value\na.yml:2: ca_file: is empty",
		"cert_file: c\n":                `a.yml:1: cert_file needs a key_file`,
		"key_file: c\n":                 `a.yml:1: key_file needs a cert_file`,
		"host: unix:///s\nca_file: c\n": `a.yml:1: ca_file, cert_file and key_file are for a host tcp://…, not for unix:///s`,
	} {
		doc, root = yamldoc.Parse("a.yml", []byte(text))
		ReadConfig(root)
		require.EqualError(t, doc.Err(), want)
	}
}

func TestParseHost(t *testing.T) {
	for host, want := range map[string]string{
		"unix:///run/docker.sock":     "http://api.moby.localhost",
		"tcp://manager:2375":          "http://manager:2375",
		"tcp://[::1]:2375/":           "http://[::1]:2375",
		"tcp://proxy:80/docker/swarm": "http://proxy:80/docker/swarm",
	} {
		a, err := parseHost(host)
		require.NoError(t, err)
		_, base := a.transport(nil)
		require.Equal(t, want, base)
	}
}

// The block comes first, then docker's own environment, then the local socket.
func TestHost(t *testing.T) {
	home := t.TempDir()
	for _, test := range []struct {
		name                string
		cfg                 Config
		host, certs, verify string
		want                Config
	}{
		{name: "nothing", want: Config{Host: "unix:///var/run/docker.sock"}},
		{name: "socket in the environment", host: "unix:///x", certs: "/c", want: Config{Host: "unix:///x"}},
		{name: "block", cfg: Config{Host: "tcp://a:1"}, host: "tcp://b:1", certs: "/c", verify: "1", want: Config{Host: "tcp://a:1"}},
		{name: "environment", host: "tcp://b:1", want: Config{Host: "tcp://b:1"}},
		{name: "environment with TLS", host: "tcp://b:1", certs: "/c", want: Config{"tcp://b:1", "/c/ca.pem", "/c/cert.pem", "/c/key.pem"}},
		{
			name: "environment with TLS from home", host: "tcp://b:1", verify: "1",
			want: Config{"tcp://b:1", home + "/.docker/ca.pem", home + "/.docker/cert.pem", home + "/.docker/key.pem"},
		},
		{name: "files of the block", cfg: Config{CAFile: "/ca"}, host: "tcp://b:1", certs: "/c", want: Config{Host: "tcp://b:1", CAFile: "/ca"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("HOME", home)
			t.Setenv("DOCKER_HOST", test.host)
			t.Setenv("DOCKER_CERT_PATH", test.certs)
			t.Setenv("DOCKER_TLS_VERIFY", test.verify)
			require.Equal(t, test.want, test.cfg.withDefaults())
		})
	}
}

func TestNewSaysWhatToSet(t *testing.T) {
	t.Setenv("DOCKER_HOST", "")
	dir := t.TempDir()
	newCA(t, dir).issue(t, dir, "")
	ca, cert, key := filepath.Join(dir, "ca.pem"), filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	junk := filepath.Join(dir, "junk")
	require.NoError(t, os.WriteFile(junk, []byte("junk"), 0o600))
	for want, cfg := range map[string]Config{
		`host: "fd://": want unix:///path or tcp://host:port`:                                         {Host: "fd://"},
		`ca_file, cert_file and key_file are for a host tcp://…, not for unix:///var/run/docker.sock`: {CAFile: ca},
		`cert_file needs a key_file`:                                                                   {Host: "tcp://a:1", CertFile: cert},
		`ca_file: open /nonexistent/ca: no such file or directory`:                                     {Host: "tcp://a:1", CAFile: "/nonexistent/ca"},
		`ca_file: ` + junk + ` has no certificate in PEM`:                                              {Host: "tcp://a:1", CAFile: junk},
		`cert_file, key_file: open /nonexistent/key: no such file or directory`:                        {Host: "tcp://a:1", CertFile: cert, KeyFile: "/nonexistent/key"},
		`cert_file ` + cert + `, key_file ` + junk + `: tls: failed to find any PEM data in key input`: {Host: "tcp://a:1", CertFile: cert, KeyFile: junk},
	} {
		_, err := New(cfg, Options{Now: time.Now})
		require.EqualError(t, err, want)
	}
	_, err := New(Config{Host: "tcp://a:1", CAFile: ca, CertFile: cert, KeyFile: key}, Options{Now: time.Now})
	require.NoError(t, err)
}
