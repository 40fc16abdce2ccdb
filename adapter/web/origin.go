package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"
)

// sameSite refuses what a browser sends from another site's page: that page could otherwise reload or post in the
// name of whoever looks at it. Programs send neither Sec-Fetch-Site nor Origin, and pass.
func (rt *routes) sameSite(next http.Handler) http.Handler {
	protection := http.NewCrossOriginProtection()
	if rt.Place.origin != "" { // a proxy in front may change the host
		_ = protection.AddTrustedOrigin(rt.Place.origin) // of a URL that was read
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if foreign(protection, r) == nil {
			next.ServeHTTP(w, r)
			return
		}
		const text = "this came from a page of another site: post from alertscale's own pages, or by a program"
		start := time.Now()
		rt.refusals.log(r, http.StatusForbidden, text)
		send(w, http.StatusForbidden, append(appendError(nil, forbidden, text), '}'))
		if isNotification(r.URL.Path) {
			rt.Metrics.answered(http.StatusForbidden, time.Since(start))
		}
	})
}

// foreign returns why a request is refused. Of notifications only a browser's own word counts: a gateway in front
// of a sender may change Host or bring an Origin.
func foreign(protection *http.CrossOriginProtection, r *http.Request) error {
	if isNotification(r.URL.Path) && r.Header.Get("Sec-Fetch-Site") != "cross-site" {
		return nil
	}
	return protection.Check(r)
}

// tidied serves a path with doubled slashes, or one at its end, as the one without: senders join a base and a path
// carelessly, and do not follow the redirect that the mux would answer with.
func tidied(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path.Clean(r.URL.Path) != r.URL.Path { // what is escaped is looked at only where it has to be
			r = tidy(r)
		}
		next.ServeHTTP(w, r)
	})
}

// tidy returns the request with its path as it should have been. Slashes that are escaped stay.
func tidy(r *http.Request) *http.Request {
	sent := r.URL.EscapedPath()
	if !strings.HasPrefix(sent, "/") {
		return r
	}
	escaped := path.Clean(sent)
	plain, err := url.PathUnescape(escaped)
	if err != nil {
		return r
	}
	u := *r.URL
	u.Path, u.RawPath = plain, escaped
	other := r.WithContext(r.Context())
	other.URL = &u
	return other
}
