package stack

import (
	"fmt"
	"strings"
	"time"
)

// WaitConnected waits until alertscale, which was started once, has read the
// fixed targets of all its drivers. From then on it asks for nothing by itself
// for minutes.
func (a *Alertscale) WaitConnected(t T, drivers int) {
	t.Helper()
	Eventually(t, time.Minute, func() error {
		if n := strings.Count(a.Log(), `msg="driver connected"`); n < drivers {
			return fmt.Errorf("%d of %d drivers are connected", n, drivers)
		}
		return nil
	})
}
