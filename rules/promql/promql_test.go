package promql

import (
	"fmt"
	"strings"
	"testing"

	"alertscale/rules/possible"

	"github.com/stretchr/testify/require"
)

// known writes what is known of labels: a=x|y, b (may be there), and … where others may be there, too.
func known(l possible.Labels) string {
	var all []string
	for _, name := range l.Names() {
		if name == metricName {
			continue
		}
		text := name
		if v, ok := l.Get(name).Exact(); ok {
			text += "=" + v
		}
		all = append(all, text)
	}
	if !l.Closed() {
		all = append(all, "…")
	}
	return strings.Join(all, " ")
}

func TestLabels(t *testing.T) {
	recorded := func(metric string) (possible.Labels, bool) {
		if metric != "shop:busy:ratio" {
			return possible.Labels{}, false
		}
		return possible.NoLabels().With("namespace", possible.OneOf("shop")).With("deployment", possible.Any()), true
	}
	for expr, want := range map[string]string{
		// Selectors.
		`up`:                                    "…",
		`up{job="web", pod!="x"} > 0`:           "job=web pod …",
		`{__name__="up", job="web"}`:            "job=web …",
		`{"up", "job"='web'}`:                   "job=web …",
		`up{job=""}`:                            "…",
		`up{job="a"}[5m:1m] offset 1h @ 12`:     "job=a …",
		`rate(up{job="a"}[5m])`:                 "job=a …",
		`-up{job="a"} ^ 2`:                      "job=a …",
		`shop:busy:ratio > 0.8`:                 "deployment namespace=shop",
		`shop:busy:ratio{deployment="web"}`:     "deployment=web namespace=shop",
		`shop:busy:ratio{namespace="other"}`:    "namespace=other …",
		`sum by (offset) (up{by="x"}) # { "`:    "offset",
		`max_over_time(shop:busy:ratio[5m:1m])`: "deployment namespace=shop",
		`max_over_time((a{x="1"} > 2)[10m:step()] @ end() offset -(2 * 5m))`: "x=1 …",
		// Aggregations.
		`sum(up{job="a"})`:                         "",
		`sum by (namespace, job) (up{job="a"})`:    "job=a namespace",
		`SUM(up) BY (namespace,) > 1`:              "namespace",
		`sum without (pod) (up{job="a", pod="b"})`: "job=a …",
		`topk by (job) (3, up{pod="b"})`:           "pod=b …",
		`count_values("version", build)`:           "version",
		`count_values by (job) ("version", build)`: "job version",
		`quantile(0.9, sum by (a) (b))`:            "",
		`sum by (le, "a.b") (x)`:                   "a.b le",
		// Functions.
		`time() > 5`:      "",
		`vector(1)`:       "",
		`hour() > 8`:      "",
		`1 > bool 2`:      "",
		`hour(up{a="b"})`: "a=b …",
		`absent(up{job="web", pod=~"x", ns="a", ns="b"})`:       "job=web ns",
		`absent(up{job="web"} > 1)`:                             "",
		`absent(sum by (a) (b))`:                                "",
		`absent_over_time(up{job="web"}[5m])`:                   "job=web",
		`absent_over_time(up{job="web"}[5m:1m])`:                "",
		`absent(-up{job="web"})`:                                "",
		`label_replace(sum by (a) (x), "b", "$1", "a", "(.*)")`: "a b",
		`label_join(sum by (a) (x), "b", "-", "a")`:             "a b",
		`histogram_quantile(0.9, sum by (le, a) (rate(x[5m])))`: "a le",
		`clamp_max(sum by (a) (x), scalar(y))`:                  "a",
		`info(sum by (a) (x))`:                                  "…",
		`my_function(sum by (a) (x))`:                           "…",
		// Operators.
		`sum by (a) (x) / 5`:                                        "a",
		`5 * sum by (a) (x)`:                                        "a",
		`sum by (a) (x) / y{b="c"}`:                                 "a",
		`y{b="c"} / sum by (a, b) (x)`:                              "a b=c",
		`x{a="1"} * on (a, b) y{c="2"}`:                             "a=1 b",
		`sum by (a, b) (x) - ignoring (b) sum by (a) (y)`:           "a",
		`x{a="1"} * on (b) group_left (c) sum by (b, c) (y{c="2"})`: "a=1 b c=2 …",
		`sum by (b) (y) * on (b) group_right () x{a="1"}`:           "a=1 b …",
		`sum by (a) (x) * on (a) group_left (n) (y{n="v"})`:         "a n=v",
		`sum by (a) (x) > 1 and on (a) y`:                           "a",
		`sum by (a) (x) unless y`:                                   "a",
		`sum by (a) (x{a="1"}) or sum by (b) (y{b="1"})`:            "a b",
		`x{a="1"} or x{a="2"}`:                                      "a …",
		`x{a="1"} + fill(0) y`:                                      "…",
		`sum by (a) (x) * 2 + sum by (a) (y) == 1 or vector(0)`:     "a",
	} {
		labels, err := Labels(expr, recorded)
		require.NoError(t, err, expr)
		require.Equal(t, want, known(labels), expr)
	}
}

// TestLabels_Shipped is the expression of a record of examples/rules.conf.
func TestLabels_Shipped(t *testing.T) {
	labels, err := Labels(`
          max by (namespace, deployment, pod) (
              label_replace(kube_pod_owner{owner_kind="ReplicaSet"}, "replicaset", "$1", "owner_name", "(.+)")
            * on (namespace, replicaset) group_left (deployment)
              max by (namespace, replicaset, deployment) (
                label_replace(kube_replicaset_owner{owner_kind="Deployment"}, "deployment", "$1", "owner_name", "(.+)")
              )
          )
          and on (namespace, pod) kube_pod_status_phase{phase=~"Pending|Running"} == 1`, nil)
	require.NoError(t, err)
	require.Equal(t, "deployment namespace pod", known(labels))
}

// TestLabels_Unread: of what cannot be read, any labels are possible.
func TestLabels_Unread(t *testing.T) {
	for expr, want := range map[string]string{
		``:                             "it ends too early",
		`sum by (a (x)`:                `unexpected "("`,
		`sum by (a) (x`:                "it ends too early",
		`up{job="a"`:                   "it ends too early",
		`up{job=a}`:                    `unexpected "a"`,
		`up{job}`:                      `unexpected "}"`,
		`up{job=~"("}`:                 "error parsing regexp: missing closing ): `^(?:()$`",
		`up > `:                        "it ends too early",
		`up[5m`:                        "it ends too early",
		`up offset foo`:                "it ends too early",
		`up ! 1`:                       `unexpected '!'`,
		`a{b="c}`:                      `a quote " is not closed`,
		`a{b="\q"}`:                    "in quotes: invalid syntax",
		`a default b`:                  `unexpected "default"`,
		`sum()`:                        "it ends too early",
		`f(1 2)`:                       `unexpected "2"`,
		strings.Repeat("(", 300) + "a": "it is too deep",
	} {
		labels, err := Labels(expr, nil)
		require.EqualError(t, err, want, expr)
		require.False(t, labels.Closed(), expr)
		require.Empty(t, labels.Names(), expr)
	}
}

// FuzzLabels: whatever an expression holds, it is read or refused.
func FuzzLabels(f *testing.F) {
	f.Add(`sum by (a) (rate(x{b="c"}[5m:1m] offset 5m)) / on (a) group_left (d) (y > bool 1e-3) or vector(0x1F) # …`)
	f.Add("label_replace(a, 'b', `c`, \"d\", \"\\x41\") @ start()")
	f.Fuzz(func(t *testing.T, expr string) {
		labels, err := Labels(expr, nil)
		_ = fmt.Sprint(labels.Names())
		if err != nil {
			require.False(t, labels.Closed())
		}
	})
}
