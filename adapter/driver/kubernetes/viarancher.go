package kubernetes

import (
	"fmt"
	"net/http"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"

	"alertscale/adapter/driver/internal/block"
)

// config finds the cluster's API server behind Rancher, and what to show to it.
func (r *Rancher) config() (*rest.Config, error) {
	if _, err := block.ReadRancherToken(r.TokenFile); err != nil {
		return nil, fmt.Errorf("rancher.token_file: %w", err)
	}
	if _, err := block.ReadCA(r.CAFile); err != nil {
		return nil, fmt.Errorf("rancher.ca_file: %w", err)
	}
	return &rest.Config{
		Host:            r.URL + "/k8s/clusters/" + r.Cluster,
		TLSClientConfig: rest.TLSClientConfig{CAFile: r.CAFile},
		WrapTransport:   r.authenticated,
	}, nil
}

// authenticated shows the token of the file, which is read again each minute and when Rancher did not take it.
func (r *Rancher) authenticated(next http.RoundTripper) http.RoundTripper {
	source := transport.NewCachedFileTokenSource(r.TokenFile)
	return &tokenBearer{source, transport.ResettableTokenSourceWrapTransport(source)(next)}
}

// tokenBearer tells a request that was not sent, since there is no token, from one that was not answered.
type tokenBearer struct {
	source transport.ResettableTokenSource
	next   http.RoundTripper
}

// RoundTrip sends a request with the token.
func (b *tokenBearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := b.source.Token(); err != nil {
		if req.Body != nil {
			req.Body.Close()
		}
		return nil, &unsent{fmt.Errorf("rancher.token_file: %w", err)}
	}
	return b.next.RoundTrip(req)
}

// unsent is why a request never left.
type unsent struct{ error }
