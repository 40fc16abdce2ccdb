// Package rancher is the driver of services and host groups of Rancher 1.6. Of a service it writes the scale
// only; hosts it clones and evacuates.
package rancher

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"alertscale/rules/yamldoc"
)

// Secret is a text that shows itself to nobody who prints it.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "<secret>"
}

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }

// MarshalText hides the secret.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Config is the driver's block of the file. What is empty is taken from the environment by New.
type Config struct {
	URL           string // of the API, with or without an environment: http://rancher:8080/v2-beta/projects/1a5
	AccessKey     string
	SecretKey     Secret
	SecretKeyFile string // a file that holds the secret key; read by New, and again when the server does not take it
}

// ReadConfig reads the block. What is wrong with it becomes a fault of the document.
func ReadConfig(n yamldoc.Node) Config {
	var c Config
	readByCaller := func(yamldoc.Node) {}
	n.Fields([]yamldoc.Field{
		{Key: "type", Read: readByCaller},
		{Key: "timeout", Read: readByCaller},
		{Key: "from_labels", Read: readByCaller},
		{Key: "url", Read: func(n yamldoc.Node) { c.URL = readURL(n) }},
		{Key: "access_key", Read: func(n yamldoc.Node) { c.AccessKey = n.Text() }},
		{Key: "secret_key", Read: func(n yamldoc.Node) { c.SecretKey = Secret(n.Text()) }},
		{Key: "secret_key_file", Read: func(n yamldoc.Node) { c.SecretKeyFile = n.File() }},
	})
	if n.Has("secret_key") && n.Has("secret_key_file") {
		n.Faultf("has both secret_key and secret_key_file; keep one")
	}
	return c
}

func readURL(n yamldoc.Node) string {
	text := n.Text()
	if text == "" {
		return ""
	}
	if _, err := parseAddress(text); err != nil {
		n.Faultf("%v", err)
	}
	return text
}

// address is where the API of an environment is.
type address struct {
	root    string // http://rancher:8080/v2-beta
	project string // 1a5; empty: not said
}

// parseAddress reads a URL of any of the forms that Rancher shows and sets.
func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return address{}, errors.New("is no URL; want http://HOST:8080/v2-beta/projects/ID") // the text may have a secret in it
	case u.User != nil:
		return address{}, errors.New("has credentials in it; put them in access_key and secret_key")
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return address{}, fmt.Errorf("%q is no http or https URL; want http://HOST:8080/v2-beta/projects/ID", text)
	}
	before, project, ok := splitPath(u.Path)
	if !ok || u.RawQuery != "" || u.Fragment != "" || strings.Trim(project, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
		return address{}, fmt.Errorf("%q is no address of the API; want http://HOST:8080/v2-beta/projects/ID", text)
	}
	return address{root: u.Scheme + "://" + u.Host + before, project: project}, nil
}

// splitPath takes /v1/projects/1a5/schemas apart; /v1 becomes /v2-beta, and so does nothing.
func splitPath(path string) (root, project string, ok bool) {
	parts := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	if len(parts) > 0 && parts[len(parts)-1] == "schemas" {
		parts = parts[:len(parts)-1]
	}
	if n := len(parts); n >= 2 && parts[n-2] == "projects" {
		project = strings.ToLower(parts[n-1]) // as the server writes ids
		parts = parts[:n-2]
	}
	if n := len(parts); n == 0 {
		parts = []string{"v2-beta"}
	} else if parts[n-1] == "v1" {
		parts[n-1] = "v2-beta"
	}
	return "/" + strings.Join(parts, "/"), project, parts[len(parts)-1] == "v2-beta"
}

// settings are a Config with nothing left open.
type settings struct {
	address
	accessKey string
	secretKey Secret
	file      string // that secretKey is from; empty: from none
}

// complete takes what the block leaves open from the environment.
func (c Config) complete(getenv func(string) string) (settings, error) {
	s := settings{accessKey: cmp.Or(c.AccessKey, getenv("CATTLE_ACCESS_KEY")), secretKey: c.SecretKey, file: c.SecretKeyFile}
	if err := c.checkPair(getenv); err != nil {
		return s, err
	}
	text := cmp.Or(c.URL, getenv("CATTLE_URL"))
	if text == "" {
		return s, errors.New("no url: set url, or CATTLE_URL in the environment; in Rancher, the label io.rancher.container.create_agent: 'true' sets it")
	}
	var err error
	if s.address, err = parseAddress(text); err != nil {
		return s, fmt.Errorf("url: %w", err)
	}
	if s.file != "" {
		if s.secretKey, err = readSecret(s.file); err != nil {
			return s, fmt.Errorf("secret_key_file: %w", err)
		}
	}
	if s.secretKey == "" {
		s.secretKey = Secret(getenv("CATTLE_SECRET_KEY"))
	}
	switch {
	case s.accessKey == "":
		return s, errors.New("no access key: set access_key, or CATTLE_ACCESS_KEY in the environment")
	case s.secretKey == "":
		return s, errors.New("no secret key: set secret_key or secret_key_file, or CATTLE_SECRET_KEY in the environment")
	}
	return s, nil
}

// checkPair refuses an access key whose secret would be taken from another key: the one of the container, which
// is in the environment whatever the block says.
func (c Config) checkPair(getenv func(string) string) error {
	hasSecret := c.SecretKey != "" || c.SecretKeyFile != ""
	others := getenv("CATTLE_ACCESS_KEY")
	if c.AccessKey != "" && !hasSecret && others != "" && others != c.AccessKey {
		return errors.New("access_key has no secret: set secret_key_file beside it; CATTLE_SECRET_KEY is the one of CATTLE_ACCESS_KEY")
	}
	return nil
}

// readSecret reads a file that holds one secret.
func readSecret(file string) (Secret, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	if secret == "" {
		return "", fmt.Errorf("%s is empty", file)
	}
	return Secret(secret), nil
}
