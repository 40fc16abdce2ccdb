package kubernetes

import (
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"syscall"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// advice says who gave an answer, where that is not the API server, and what to do about it. It begins with
// a semicolon.
func (c *client) advice(a httpx.Answer, s status) string {
	to := a.Header.Get("Location")
	switch {
	case a.Code/100 == 3 && to != "":
		return c.redirected(to)
	case a.Code == http.StatusUnauthorized:
		return c.notTaken(s)
	case ownRefusal(a, s) != nil && c.rancher == nil:
		return "; Rancher says so: it has no such cluster as the server of the kubeconfig names, or hides it from the user of the token"
	case ownRefusal(a, s) != nil:
		return "; Rancher says so: it has no cluster " + c.rancher.Cluster + ", or hides it from the user of the token; rancher.cluster is the id in Rancher's URL of the cluster, not its name"
	case s.code == clusterUnavailable:
		return "; Rancher says so: " + c.cluster() + " is unavailable, or disconnected from it"
	case s.page && c.rancher != nil && a.Code < http.StatusInternalServerError:
		return noLogin
	case s.page && c.rancher != nil:
		return "; what is in front of Rancher says so"
	}
	return ""
}

const noLogin = "; rancher.url must lead to Rancher itself, with no login page in between"

// cluster names the cluster behind Rancher.
func (c *client) cluster() string {
	if c.rancher == nil {
		return "the cluster"
	}
	return c.rancher.Cluster
}

// redirected says where to. The query of a login page's address is nobody's business.
func (c *client) redirected(to string) string {
	if i := strings.IndexAny(to, "?#"); i >= 0 {
		to = to[:i]
	}
	said := "; " + c.base + " redirects to " + oneLine(to)
	switch {
	case c.rancher == nil:
		return said + "; make that the server of the kubeconfig"
	case upgrades(c.base, to):
		return said + "; give rancher.url with https"
	}
	return said + noLogin
}

// upgrades reports whether a redirect is to the same host by https.
func upgrades(from, to string) bool {
	a, err := url.Parse(from)
	b, err2 := url.Parse(to)
	return err == nil && err2 == nil && a.Scheme == "http" && b.Scheme == "https" && a.Hostname() == b.Hostname()
}

// notTaken says what to do where the credentials are not taken.
func (c *client) notTaken(s status) string {
	switch {
	case c.rancher == nil:
		return "; the API server does not take the credentials, which may be about to be renewed: check the token or the kubeconfig"
	case s.Kind == "Status":
		return "; the API server of " + c.rancher.Cluster + " does not take what Rancher shows to it for the user of the token"
	}
	return "; Rancher does not take the token of " + c.rancher.TokenFile + " for " + c.rancher.Cluster +
		": it may have expired, have been deleted, or be scoped to another cluster; put a new one into the file"
}

// ownRefusal tells that Rancher itself has no such cluster for the user, which is for good; nil where an
// answer is anything else.
func ownRefusal(a httpx.Answer, s status) error {
	switch {
	case s.rancher && a.Code == http.StatusNotFound:
		return controller.ErrNotFound
	case s.rancher && a.Code == http.StatusForbidden:
		return controller.ErrForbidden
	}
	return nil
}

// remedy says what to do where nobody answers, as far as that is known.
func (c *client) remedy(err error) string {
	who := "the API server"
	if c.rancher != nil {
		who = "Rancher"
	}
	unknown, dns, timeout := x509.UnknownAuthorityError{}, (*net.DNSError)(nil), net.Error(nil)
	switch {
	case errors.As(err, &unknown):
		return c.distrusted()
	case errors.As(err, &dns):
		return "; the name is not known here: is that the address of " + who + "?"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "; is " + who + " up, and is that its address?"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "; is " + who + " up, and does what is in between, such as a firewall, let requests through?"
	}
	return ""
}

// distrusted says what to do where a certificate is of nobody that is known.
func (c *client) distrusted() string {
	if c.rancher == nil {
		return "; certificate-authority of the kubeconfig must hold who signed the API server's certificate"
	}
	return "; put the certificate of its CA into a file, and name that in rancher.ca_file"
}
