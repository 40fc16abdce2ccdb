package web

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

// PlaceFlags are the flags that say where alertscale is served, as Prometheus has them.
type PlaceFlags struct {
	ExternalURL string // empty: that of the host and of the first address
	RoutePrefix string // empty: the path of ExternalURL
}

// Place is where alertscale is served.
type Place struct {
	External *url.URL // as others reach it
	Prefix   string   // of all paths: empty, or /PATH
	origin   string   // of External, where it was said
}

// Parse reads the flags. listen are the addresses that are listened on, and hostname is the name of the host.
func (f PlaceFlags) Parse(listen []string, hostname func() (string, error)) (p Place, err error) {
	given := f.ExternalURL
	if given == "" {
		if given, err = hostURL(listen, hostname); err != nil {
			return p, err
		}
	}
	const want = "want http://HOST:PORT/PATH or https://…"
	p.External, err = url.Parse(given)
	switch {
	case err != nil:
		return p, fmt.Errorf("--web.external-url is no URL; %s", want) // it may have a password in it
	case p.External.User != nil:
		return p, fmt.Errorf("--web.external-url has credentials in it, and is told to others; %s", want)
	case p.External.Scheme != "http" && p.External.Scheme != "https" || p.External.Hostname() == "":
		return p, fmt.Errorf("--web.external-url %q is no http or https URL; %s", given, want)
	case p.External.RawQuery != "" || p.External.Fragment != "":
		return p, fmt.Errorf("--web.external-url %q has more than a host and a path; %s", given, want)
	}
	p.External.Path, p.External.RawPath = prefix(p.External.Path), ""
	if p.Prefix = prefix(f.RoutePrefix); f.RoutePrefix == "" {
		p.Prefix = p.External.Path
	}
	if f.ExternalURL != "" {
		p.origin = origin(p.External)
	}
	return p, nil
}

// hostURL is the address of a host that nobody said another one of.
func hostURL(listen []string, hostname func() (string, error)) (string, error) {
	host, err := hostname()
	if err != nil {
		return "", fmt.Errorf("the name of this host is not known: %w; set --web.external-url", err)
	}
	if len(listen) > 0 {
		if _, port, err := net.SplitHostPort(listen[0]); err == nil {
			host = net.JoinHostPort(host, port)
		}
	}
	return "http://" + host, nil
}

// prefix returns a path as it is before others: /PATH, or nothing.
func prefix(s string) string {
	return strings.TrimSuffix(path.Clean("/"+s), "/")
}

// origin is a url as browsers name its site.
func origin(u *url.URL) string {
	host := strings.ToLower(u.Host)
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			host = strings.TrimSuffix(host, port)
		}
	}
	return u.Scheme + "://" + host
}

// whereToPost is what somebody is told who posted to a path that is none.
func (p *Place) whereToPost() string {
	text := fmt.Sprintf("post notifications to %s/webhook, Prometheus's alerts to %[1]s/api/v2/alerts, and other senders' to %[1]s/hook/NAME; ", p.Prefix)
	if p.Prefix == "" {
		return text + "a proxy in front has to take its prefix off, or --web.route-prefix names it"
	}
	return text + p.under()
}

func (p *Place) under() string { return "all of alertscale is under " + p.Prefix }

// prefixed serves what is under the prefix, as if there were none.
func (rt *routes) prefixed(next http.Handler) http.Handler {
	if rt.Place.Prefix == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if inside, ok := without(rt.Place.Prefix, r); ok {
			next.ServeHTTP(w, inside)
			return
		}
		rt.outside(w, r)
	})
}

// without returns a request without the prefix of its path; false where it has another path.
func without(prefix string, r *http.Request) (*http.Request, bool) {
	rest, ok := strings.CutPrefix(r.URL.Path, prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return nil, false
	}
	u := *r.URL
	u.Path, u.RawPath = rest, strings.TrimPrefix(u.RawPath, prefix)
	if rest == "" {
		u.Path, u.RawPath = "/", ""
	}
	inside := r.WithContext(context.WithValue(r.Context(), prefixKey{}, prefix))
	inside.URL = &u
	return inside, true
}

// prefixKey is that of the prefix, in the context of a request that is served without it.
type prefixKey struct{}

// sentPath is the path of a request with the prefix that was taken off.
func sentPath(r *http.Request) string {
	prefix, _ := r.Context().Value(prefixKey{}).(string)
	return prefix + r.URL.Path
}

// outside answers for the paths that are not under the prefix.
func (rt *routes) outside(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodPost:
		rt.notFound(w, r)
	case r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		http.Redirect(w, r, rt.Place.Prefix+"/", http.StatusFound)
	default:
		rt.refusals.refuse(w, r, http.StatusNotFound, notFoundType, "there is no "+clip(r.URL.Path, maxPath)+": "+rt.Place.under())
	}
}
