package rancher2

import (
	"errors"
	"fmt"
	"time"

	"k8s.io/client-go/transport"

	"alertscale/adapter/driver/internal/block"
)

// credentials are the token as it is now. They are safe for concurrent use.
type credentials struct {
	token Secret
	file  transport.ResettableTokenSource // where the token is in a file; reads it again within a minute
}

func newCredentials(cfg Config) (credentials, error) {
	if cfg.TokenFile == "" {
		return credentials{token: cfg.Token}, nil
	}
	if _, err := block.ReadRancherToken(cfg.TokenFile); err != nil {
		return credentials{}, fmt.Errorf("token_file: %w", err)
	}
	return credentials{file: transport.NewCachedFileTokenSource(cfg.TokenFile)}, nil
}

// current returns the token to show.
func (c credentials) current() (Secret, error) {
	if c.file == nil {
		return c.token, nil
	}
	read, err := c.file.Token()
	if err != nil {
		return "", fmt.Errorf("token_file: %w", err)
	}
	token := Secret(read.AccessToken)
	if err := block.CheckRancherToken(token); err != nil {
		return "", errors.New("token_file " + err.Error())
	}
	return token, nil
}

// refused has the file read again before the next request, after a token was not taken that was read before a
// time.
func (c credentials) refused(before time.Time) {
	if c.file != nil {
		c.file.ResetTokenOlderThan(before)
	}
}
