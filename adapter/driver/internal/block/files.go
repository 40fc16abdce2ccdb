package block

import (
	"crypto/x509"
	"fmt"
	"os"
	"strings"
)

// ReadSecret reads a file that holds one secret. White space around it does not count.
func ReadSecret(file string) (Secret, error) {
	secret, err := read(file)
	if err == nil && secret == "" {
		err = fmt.Errorf("%s is empty", file)
	}
	return secret, err
}

func read(file string) (Secret, error) {
	text, err := os.ReadFile(file)
	return Secret(strings.TrimSpace(string(text))), err
}

// ReadCA reads a file of certificates in PEM, by which a server's is verified; nil where no file is named.
func ReadCA(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s has no certificate in PEM", file)
	}
	return pool, nil
}
