package client

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"alertscale/test/stack"
)

// TestNumbersInJSON reads the whole log as JSON: counts and codes are numbers, in every line.
func TestNumbersInJSON(t *testing.T) {
	a := busy(t, "--log.format=json")
	numbers := map[string]int{}
	stack.Eventually(t, wait, func() error {
		clear(numbers)
		for line := range strings.Lines(a.Log()) {
			var fields map[string]any
			if err := json.Unmarshal([]byte(line), &fields); err != nil {
				return fmt.Errorf("%w: %s", err, line)
			}
			for _, name := range []string{"from", "to", "code"} {
				switch value := fields[name].(type) {
				case nil:
				case float64:
					numbers[name]++
				default:
					return fmt.Errorf("%s is %T: %s", name, value, line)
				}
			}
		}
		if numbers["from"] < 2 || numbers["to"] < 2 || numbers["code"] < 3 {
			return fmt.Errorf("too few of them: %v", numbers)
		}
		return nil
	})
}
