// Package counts reads counts as they are given on a command line: REF=N.
package counts

import (
	"fmt"
	"strconv"
	"strings"

	"alertscale/rules"
)

// Parse returns the count of each ref. A ref is named by its target, or written out.
func Parse(set *rules.Set, given []string) (map[string]int, error) {
	all := make(map[string]int, len(given))
	for _, text := range given {
		cut := strings.LastIndexByte(text, '=') // a ref may have one itself
		if cut < 0 {
			return nil, fmt.Errorf("--count %q: want REF=N, such as web=3", text)
		}
		n, err := strconv.ParseInt(text[cut+1:], 10, 32)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("--count %q: %q is no count: want a whole number, 0 or more", text, text[cut+1:])
		}
		ref, err := set.RefNamed(text[:cut])
		if err != nil {
			return nil, fmt.Errorf("--count %q: %w", text, err)
		}
		all[ref] = int(n)
	}
	return all, nil
}
