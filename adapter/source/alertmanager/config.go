package alertmanager

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	promconfig "github.com/prometheus/common/config"

	"alertscale/rules/yamldoc"
)

// defaultCheck is how long ago an alert was heard of when it is looked up, where the file does not say.
const defaultCheck = time.Minute

// mostKeep is how long an answer about an alert is used again at most.
const mostKeep = 10 * time.Second

// Config is the block of the file.
type Config struct {
	URLs  []string                    // of the Alertmanagers, with their path prefixes
	Check time.Duration               // an alert that was last heard of longer ago is looked up
	HTTP  promconfig.HTTPClientConfig // which follows no redirects, so that credentials and questions go nowhere else
	Line  int                         // of the file
}

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) *Config {
	c := &Config{Check: defaultCheck, HTTP: promconfig.HTTPClientConfig{EnableHTTP2: true}, Line: n.Line()}
	n.Fields([]yamldoc.Field{
		{Key: "urls", Read: c.readURLs},
		{Key: "check", Read: func(n yamldoc.Node) {
			c.Check = n.DurationAbove0(": an alert that was last heard of longer ago than this is looked up")
		}},
		{Key: "basic_auth", Read: c.readBasicAuth},
		{Key: "authorization", Read: c.readAuthorization},
		{Key: "tls_config", Read: c.readTLS},
	})
	if !n.Has("urls") && (n.IsMap() || n.IsNull()) {
		n.Faultf("has no urls: those of all Alertmanagers, such as [http://alertmanager:9093]")
	}
	oneOf(n, "basic_auth", "authorization")
	return c
}

func (c *Config) readURLs(n yamldoc.Node) {
	n.Items(func(_ int, n yamldoc.Node) {
		text := n.Text()
		if text == "" {
			return
		}
		at, err := baseURL(text)
		switch {
		case err != nil:
			n.Faultf("%v", err)
		case slices.Contains(c.URLs, at):
			n.Faultf("%q is duplicated", at)
		default:
			c.URLs = append(c.URLs, at)
		}
	})
	if n.IsList() && len(c.URLs) == 0 {
		n.Faultf("want one url at least")
	}
}

// baseURL returns what the paths of the API are appended to.
func baseURL(text string) (string, error) {
	const want = "want http://HOST:9093, with a path where Alertmanager has a prefix"
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("is no URL; " + want) // the text may have a secret in it
	case strings.Contains(text, "@"):
		return "", errors.New("has credentials in it; use basic_auth with a password_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("%q is no http or https URL; %s", text, want)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "", errors.New("has more than a host and a path; " + want)
	}
	return strings.TrimRight(u.String(), "/"), nil
}

func (c *Config) readBasicAuth(n yamldoc.Node) {
	a := &promconfig.BasicAuth{}
	c.HTTP.BasicAuth = a
	n.Fields([]yamldoc.Field{
		{Key: "username", Read: func(n yamldoc.Node) { a.Username = n.Text() }},
		{Key: "username_file", Read: func(n yamldoc.Node) { a.UsernameFile = n.File() }},
		{Key: "password", Read: func(n yamldoc.Node) { a.Password = promconfig.Secret(n.Text()) }},
		{Key: "password_file", Read: func(n yamldoc.Node) { a.PasswordFile = n.File() }},
	})
	oneOf(n, "username", "username_file")
	oneOf(n, "password", "password_file")
}

func (c *Config) readAuthorization(n yamldoc.Node) {
	a := &promconfig.Authorization{Type: "Bearer"}
	c.HTTP.Authorization = a
	n.Fields([]yamldoc.Field{
		{Key: "type", Read: func(n yamldoc.Node) {
			if a.Type = n.Text(); strings.EqualFold(a.Type, "basic") {
				n.Faultf("%q takes a name and a password; use basic_auth", a.Type)
			}
		}},
		{Key: "credentials", Read: func(n yamldoc.Node) { a.Credentials = promconfig.Secret(n.Text()) }},
		{Key: "credentials_file", Read: func(n yamldoc.Node) { a.CredentialsFile = n.File() }},
	})
	oneOf(n, "credentials", "credentials_file")
	if n.IsMap() && !n.Has("credentials") && !n.Has("credentials_file") {
		n.Faultf("has no credentials_file")
	}
}

func (c *Config) readTLS(n yamldoc.Node) {
	t := &c.HTTP.TLSConfig
	n.Fields([]yamldoc.Field{
		{Key: "ca_file", Read: func(n yamldoc.Node) { t.CAFile = n.File() }},
		{Key: "cert_file", Read: func(n yamldoc.Node) { t.CertFile = n.File() }},
		{Key: "key_file", Read: func(n yamldoc.Node) { t.KeyFile = n.File() }},
		{Key: "server_name", Read: func(n yamldoc.Node) { t.ServerName = n.Text() }},
		{Key: "insecure_skip_verify", Read: func(n yamldoc.Node) { t.InsecureSkipVerify = n.Bool() }},
		{Key: "min_version", Read: func(n yamldoc.Node) { t.MinVersion = readVersion(n) }},
		{Key: "max_version", Read: func(n yamldoc.Node) { t.MaxVersion = readVersion(n) }},
	})
	if n.Has("cert_file") != n.Has("key_file") {
		n.Faultf("want both cert_file and key_file, or neither")
	}
}

func readVersion(n yamldoc.Node) promconfig.TLSVersion {
	text := n.Text()
	v, ok := promconfig.TLSVersions[text]
	if text != "" && !ok {
		n.Faultf("%q is no version of TLS; there are %s", text, strings.Join(slices.Sorted(maps.Keys(promconfig.TLSVersions)), ", "))
	}
	return v
}

// oneOf says that a mapping must not have both of two keys.
func oneOf(n yamldoc.Node, key, other string) {
	if second := n.Peek(other); n.Has(key) && second != nil {
		second.Faultf("%s and %s are both there; keep one of them", key, other)
	}
}

// keep returns how long an answer about an alert is used again.
func (c *Config) keep() time.Duration { return min(c.Check/2, mostKeep) }

// Same reports whether two blocks say the same, wherever they stand.
func (c *Config) Same(other *Config) bool {
	return slices.Equal(c.URLs, other.URLs) && c.Check == other.Check && reflect.DeepEqual(c.HTTP, other.HTTP)
}
