package swarm

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"strings"
	"time"

	"github.com/moby/moby/client"

	"alertscale/adapter/driver/internal/block"
)

// address is where an engine listens.
type address struct {
	network string // unix or tcp
	target  string // the path of the socket, or host:port
	prefix  string // of the API's paths, of a tcp host behind a proxy
}

const unix, tcp = "unix", "tcp"

// parseHost reads a host as docker writes it. An error says what to write.
func parseHost(host string) (address, error) {
	const want = "want unix:///path or tcp://host:port"
	u, err := client.ParseHostURL(host)
	if err != nil {
		return address{}, fmt.Errorf("%q: %s", host, want)
	}
	a := address{network: u.Scheme, target: u.Host}
	switch a.network {
	case unix:
		if !path.IsAbs(a.target) {
			return a, fmt.Errorf("%q: %s", host, want)
		}
	case tcp:
		if name, port, err := net.SplitHostPort(a.target); err != nil || name == "" || port == "" {
			return a, fmt.Errorf("%q: %s", host, want)
		}
		a.prefix = strings.TrimSuffix(path.Clean("/"+u.Path), "/")
	default:
		return a, fmt.Errorf("%q: %s://… is not supported, %s", host, a.network, want)
	}
	return a, nil
}

// Of connections that wait for the next request: as many as there are calls at once, and for so long.
const (
	maxIdle     = 64
	idleTimeout = 30 * time.Second
	dialTimeout = 10 * time.Second
)

// transport returns the way to the engine and the URL of its API. It connects to nobody.
func (a address) transport(secure *tls.Config) (*http.Transport, string) {
	dialer := &net.Dialer{Timeout: dialTimeout}
	t := &http.Transport{
		DialContext:         dialer.DialContext,
		TLSClientConfig:     secure,
		TLSHandshakeTimeout: dialTimeout,
		MaxIdleConns:        maxIdle,
		MaxIdleConnsPerHost: maxIdle,
		IdleConnTimeout:     idleTimeout,
	}
	switch {
	case a.network == unix:
		t.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, unix, a.target)
		}
		return t, "http://" + client.DummyHost
	case secure != nil:
		t.Proxy = http.ProxyFromEnvironment
		return t, "https://" + a.target + a.prefix
	}
	t.Proxy = http.ProxyFromEnvironment
	return t, "http://" + a.target + a.prefix
}

// tlsConfig reads the files of TLS, nil where the block has none. An error names the file.
func (c Config) tlsConfig() (*tls.Config, error) {
	if !c.tls() {
		return nil, nil
	}
	trusted, err := block.ReadCA(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("ca_file: %w", err)
	}
	t := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}
	if c.CertFile == "" {
		return t, nil
	}
	pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
	if pathErr := (*os.PathError)(nil); errors.As(err, &pathErr) {
		return nil, fmt.Errorf("cert_file, key_file: %w", err)
	} else if err != nil {
		return nil, fmt.Errorf("cert_file %s, key_file %s: %w", c.CertFile, c.KeyFile, err)
	}
	t.Certificates = []tls.Certificate{pair}
	return t, nil
}

// shownName is the name in the certificate that is shown; empty: none is.
func shownName(secure *tls.Config) string {
	if secure == nil || len(secure.Certificates) == 0 || secure.Certificates[0].Leaf == nil {
		return ""
	}
	return secure.Certificates[0].Leaf.Subject.CommonName
}
