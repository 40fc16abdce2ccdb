package figures

import (
	"fmt"
	"strings"
)

// shape is what the matchers of a file's rules look like. Ten alerts of the namespaces ns0 to ns9 match the first
// ten rules, one each, and no others.
type shape struct {
	name     string
	goal     float64 // of the CPU with 100,000 rules against that with 10
	matchers func(i int) []string
}

// shapes are those by which rules are found in different ways.
var shapes = []shape{
	{"equality", 1.1, func(i int) []string {
		return []string{`alertname="HighCPU"`, fmt.Sprintf(`namespace="ns%d"`, i)}
	}},
	{"a choice of two", 1.2, func(i int) []string {
		return []string{`alertname="HighCPU"`, fmt.Sprintf(`namespace=~"ns%d|other%[1]d"`, i)}
	}},
	{"100 regexps", 2, func(i int) []string {
		if i < 10 {
			return []string{`alertname="HighCPU"`, fmt.Sprintf(`namespace=~"ns%d(-.+)?"`, i)}
		}
		return []string{`alertname="HighCPU"`, fmt.Sprintf(`namespace=~"team%d-.+"`, i%100)}
	}},
	{"100 negative matchers", 4, func(i int) []string {
		if i < 10 {
			return []string{fmt.Sprintf(`namespace!~"ns[^%d]"`, i)}
		}
		return []string{`team!="shop"`, fmt.Sprintf(`zone!~"z%d.*"`, i%100)}
	}},
}

// usual is the shape of most files.
func usual(i int) []string {
	return []string{`alertname="HighCPU"`, fmt.Sprintf(`namespace="ns%d"`, i), `severity=~"warning|critical"`}
}

// rulesOf returns a file with n rules of a shape.
func rulesOf(n int, matchers func(i int) []string) string {
	var b strings.Builder
	b.WriteString("drivers: {simulator: {workloads: {web: 3}}}\ntargets:\n")
	b.WriteString("  any: {driver: simulator, kind: Deployment, namespace: '{{ .Labels.namespace }}', name: web, max: 100000}\nrules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - {name: r%d, matchers: ['%s'], target: any, up: 1}\n", i, strings.Join(matchers(i), "', '"))
	}
	return b.String()
}

// highCPU returns the labels of so many alerts, of ten namespaces.
func highCPU(n int) []map[string]string {
	all := make([]map[string]string, n)
	for i := range all {
		all[i] = map[string]string{
			"alertname": "HighCPU", "namespace": fmt.Sprint("ns", i%10), "deployment": "web", "severity": "warning",
			"cluster": "production-1", "pod": fmt.Sprint("web-", i), "team": "shop", "job": "kubelet",
		}
	}
	return all
}
