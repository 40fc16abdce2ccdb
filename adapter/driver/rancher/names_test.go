package rancher

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func hostCalled(hostname, name string) host {
	return host{hostFields: hostFields{Hostname: hostname, Name: name, State: "active"}}
}

func TestNewNames(t *testing.T) {
	for what, test := range map[string]struct {
		source  string
		members []string // the source aside
		others  []string // of the environment
		planned string
		n       int
		want    []string
	}{
		"the next":                    {source: "web01", n: 1, want: []string{"web02"}},
		"several":                     {source: "web01", members: []string{"web02"}, n: 3, want: []string{"web03", "web04", "web05"}},
		"the width grows":             {source: "web9", n: 2, want: []string{"web10", "web11"}},
		"the width of the widest":     {source: "web1", members: []string{"web007"}, n: 1, want: []string{"web008"}},
		"after the highest":           {source: "web01", members: []string{"web05", "web03"}, n: 1, want: []string{"web06"}},
		"no number":                   {source: "web", n: 2, want: []string{"web2", "web3"}},
		"no number, and one that has": {source: "web", members: []string{"web4"}, n: 1, want: []string{"web5"}},
		"a domain":                    {source: "web01.example.com", members: []string{"WEB02.example.org"}, n: 1, want: []string{"web03"}},
		"other names in the group":    {source: "web01", members: []string{"db77"}, n: 1, want: []string{"web02"}},
		"taken elsewhere":             {source: "web01", others: []string{"web02", "Web03.example.com"}, n: 2, want: []string{"web04", "web05"}},
		"planned elsewhere":           {source: "web01", planned: "web02", n: 1, want: []string{"web03"}},
		"a number too long":           {source: "web99999999999999999999", n: 1, want: []string{"web999999999999999999992"}},
		"digits alone":                {source: "007", n: 1, want: []string{"008"}},
	} {
		t.Run(what, func(t *testing.T) {
			source := hostCalled(test.source, "machine-name")
			g := group{members: []host{source}}
			for _, m := range test.members {
				g.members = append(g.members, hostCalled("", m))
			}
			g.all = append(g.all, g.members...)
			for _, o := range test.others {
				g.all = append(g.all, hostCalled("", o))
			}
			require.Equal(t, test.want, g.newNames(source, test.n, map[string]bool{test.planned: true}))
		})
	}
}

func TestNumbersOfIds(t *testing.T) {
	for id, want := range map[string]int{"1h7": 7, "1h10": 10, "1h": 0, "": 0} {
		require.Equal(t, want, number(id))
	}
	a, b := host{hostFields: hostFields{ID: "1h9", CreatedTS: 5}}, host{hostFields: hostFields{ID: "1h10", CreatedTS: 5}}
	require.Negative(t, older(a, b))
}
