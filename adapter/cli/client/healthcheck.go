package client

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"alertscale/adapter/cli/internal/api"
)

// HealthcheckOptions say what a probe is to find out.
type HealthcheckOptions struct {
	Ready      bool // whether notifications are taken, and not only whether the program lives
	SkipVerify bool // take any certificate: one that is self-signed, or not for the name that is asked
}

// Healthcheck returns nil where an alertscale lives, or is ready.
//
// A program that lives says so also to who has no credentials, speaks no TLS, or does not know the path that it is under: by its
// refusal. So a password that the probe was not told does not have it killed. Whether it is ready it tells nobody but those who may ask.
func Healthcheck(ctx context.Context, o Options, h HealthcheckOptions) error {
	c, err := api.New(api.Options{URL: o.URL, HTTPConfig: o.HTTPConfig, Timeout: o.Timeout, SkipVerify: h.SkipVerify})
	if err != nil {
		return err
	}
	path := "/-/healthy"
	if h.Ready {
		path = "/-/ready"
	}
	text, err := c.Text(ctx, path)
	if refused, ok := errors.AsType[*api.Error](err); ok && !h.Ready && lives(refused) {
		fmt.Fprintln(o.Out, "alertscale lives:", err)
		return nil
	}
	if _, untrusted := errors.AsType[*tls.CertificateVerificationError](err); untrusted {
		return fmt.Errorf("%w; or --insecure-skip-verify", err)
	}
	if err != nil {
		return err
	}
	fmt.Fprintln(o.Out, printable(text))
	return nil
}

// lives reports whether a refusal is one that a program which lives gives to strangers.
func lives(e *api.Error) bool {
	return e.TLS || e.Under != "" || e.Code == http.StatusUnauthorized || e.Code == http.StatusTooManyRequests
}
