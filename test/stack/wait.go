package stack

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Eventually calls check until it returns nil, and ends the test with its last
// error where it has not after the timeout.
func Eventually(t T, timeout time.Duration, check func() error) {
	t.Helper()
	deadline := time.Now().Add(timeout)
	for {
		err := check()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			fatalf(t, "after %s: %v", timeout, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

// answers returns a check that a GET of the URL is answered with 200.
func answers(client *http.Client, url string) func(context.Context) error {
	return func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		res, err := client.Do(req)
		if err != nil {
			return err
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err == nil && res.StatusCode != http.StatusOK {
			err = fmt.Errorf("GET %s: %s: %s", url, res.Status, body)
		}
		return err
	}
}
