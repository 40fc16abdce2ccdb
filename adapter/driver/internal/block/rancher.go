package block

import (
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// RancherURL returns where a Rancher 2 server is, without what users add because Rancher shows it so.
func RancherURL(text string) (string, error) {
	const want = "want https://HOST, with a path only where the server is behind one"
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("is no URL; " + want) // the text may have a secret in it
	case u.User != nil:
		return "", errors.New("has credentials in it; put a token into token_file")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("%q is no http or https URL; %s", text, want)
	case u.RawQuery != "" || u.Fragment != "" || isPage(u.Path):
		return "", fmt.Errorf("%q is not where Rancher is, but something in it; %s", text, want)
	}
	at := strings.TrimSuffix(path.Clean("/"+u.EscapedPath()), "/")
	return u.Scheme + "://" + u.Host + strings.TrimSuffix(at, "/v3"), nil
}

// isPage reports whether a path is one that people copy from a browser's address bar.
func isPage(path string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	return slices.Contains([]string{"dashboard", "g", "k8s", "login", "v1"}, first)
}

const wantToken = "want a token as Rancher shows it, such as token-abcde:secret"

// CheckRancherToken refuses a token that cannot be sent. It does not repeat it.
func CheckRancherToken(token Secret) error {
	if strings.ContainsFunc(string(token), func(r rune) bool { return r <= ' ' || r > '~' }) {
		return errors.New("has white space in it; " + wantToken)
	}
	return nil
}

// ReadRancherToken looks into a file of a token for a fault that no later reading of the file would mend by itself.
func ReadRancherToken(file string) (Secret, error) {
	token, err := read(file)
	if err != nil {
		return "", err
	}
	if token == "" {
		return "", fmt.Errorf("%s is empty; %s", file, wantToken)
	}
	if err := CheckRancherToken(token); err != nil {
		return "", fmt.Errorf("%s %w", file, err)
	}
	return token, nil
}
