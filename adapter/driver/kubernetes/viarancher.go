package kubernetes

import (
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"strings"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// config finds the cluster's API server behind Rancher, and what to show to it.
func (r *Rancher) config() (*rest.Config, error) {
	if err := checkToken(r.TokenFile); err != nil {
		return nil, fmt.Errorf("rancher.token_file: %w", err)
	}
	if err := checkCA(r.CAFile); err != nil {
		return nil, fmt.Errorf("rancher.ca_file: %w", err)
	}
	return &rest.Config{
		Host:            r.URL + "/k8s/clusters/" + r.Cluster,
		TLSClientConfig: rest.TLSClientConfig{CAFile: r.CAFile},
		WrapTransport:   r.authenticated,
	}, nil
}

// checkToken looks for a fault that no later reading of the file would mend by itself.
func checkToken(file string) error {
	text, err := os.ReadFile(file)
	switch words := strings.Fields(string(text)); {
	case err != nil:
		return err
	case len(words) == 0:
		return fmt.Errorf("%s is empty; want a token of Rancher, as it was shown when it was made: token-abcde:…", file)
	case len(words) > 1:
		return fmt.Errorf("%s holds more than one word; want nothing but a token of Rancher: token-abcde:…", file)
	}
	return nil
}

func checkCA(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if !x509.NewCertPool().AppendCertsFromPEM(text) {
		return fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return nil
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
