package scenarios

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"alertscale/test/shipped"
	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

var slow = flag.Bool("recipes.slow", false, "run the recipes with the times that their pages have, which takes most of an hour (-timeout=90m)")

// A recipe is a page whose files run.
type recipe struct {
	page
	*stack.Alertscale
	namespace string
	exporter  *stack.Exporter
}

// newRecipe reads a page and makes its files faster. Nothing is started.
func newRecipe(t *testing.T, name string) *recipe {
	r := &recipe{page: readPage(t, name), namespace: "recipe-" + name, exporter: stack.StartExporter(t)}
	cluster.Client.CreateNamespace(t, r.namespace)
	return r
}

// faster puts files of the page that are sixty times as fast in the place of those that are there, by the number of
// durations that each has.
func (r *recipe) faster(t *testing.T, rules, config int) {
	t.Helper()
	if *slow {
		return
	}
	r.files["rules.conf"] = shipped.Faster(t, r.files["rules.conf"], rules)
	r.files["alertscale.yml"] = shipped.Faster(t, r.files["alertscale.yml"], config)
	r.files["config.yml"] = shipped.Faster(t, r.files["config.yml"], 3)
}

// retime gives another time to what faster made too fast for Prometheus and Alertmanager, which take their seconds as
// before, or not fast enough.
func (r *recipe) retime(t *testing.T, file, from, to string) {
	t.Helper()
	if !*slow {
		r.files[file] = shipped.Replace(t, r.files[file], from, to)
	}
}

// start starts the page's files, with addresses and the namespace of this test.
func (r *recipe) start(t *testing.T) {
	t.Helper()
	text := r.moved(t, r.files["alertscale.yml"])
	a := stack.NewAlertscale(t, stack.AlertscaleOptions{Kubeconfig: account(t)})
	am := stack.StartAlertmanager(t, stack.AlertmanagerOptions{
		Config: shipped.Replace(t, r.files["config.yml"], "http://127.0.0.1:9098/webhook", a.URL+"/webhook"),
	})
	a.WriteConfig(t, strings.ReplaceAll(text, "http://alertmanager:9093", am.URL))
	a.Start(t)
	r.Alertscale = a
	o := stack.PrometheusOptions{
		Targets: []string{r.exporter.Address}, Alertmanagers: []*stack.AlertmanagerServer{am},
		Rules: r.files["rules.conf"], Args: []string{"--rules.alert.resend-delay=1s"},
	}
	if *slow {
		o.Interval, o.Args = 15*time.Second, nil
	}
	stack.StartPrometheus(t, o)
}

// moved returns a file of alertscale whose workloads are in the namespace of this test.
func (r *recipe) moved(t *testing.T, text string) string {
	t.Helper()
	require.Regexp(t, "    namespace: (shop|'{{ .Labels.namespace }}')\n", text)
	return strings.ReplaceAll(text, "    namespace: shop\n", "    namespace: "+r.namespace+"\n")
}

// deployment makes a Deployment and records its counts.
func (r *recipe) deployment(t *testing.T, name string, n int) *stack.FieldWatch {
	t.Helper()
	deployments(t, r.namespace, map[string]int{name: n})
	return cluster.Client.WatchReplicas(t, deployment(r.namespace, name))
}

// A load is the requests that the pods of web share: what a step does is to be seen in the metric.
type load struct {
	mu       sync.Mutex
	requests float64
}

func (l *load) set(requests float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.requests = requests
}

func (l *load) of(pods int) float64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.requests / float64(pods)
}

// share shows until the test ends what each pod of web has of the load.
func (r *recipe) share(t *testing.T, web *stack.FieldWatch, requests float64) *load {
	l := &load{requests: requests}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	done.Go(func() {
		for ctx.Err() == nil {
			pods := web.Values()
			r.exporter.Set(inFlight, l.of(pods[len(pods)-1]))
			time.Sleep(50 * time.Millisecond)
		}
	})
	t.Cleanup(func() { cancel(); done.Wait() })
	return l
}

const inFlight = `http_requests_in_flight{namespace="shop",app="web",pod="web-0"}`

// patience is how long what is sure to come may take.
func patience() time.Duration {
	if *slow {
		return 60 * wait
	}
	return wait
}

// counts waits until a count has gone through all that the page says of a rule's ref, and then for the time quiet, in
// which there must be no more.
func (r *recipe) counts(t *testing.T, w *stack.FieldWatch, want ...int) {
	t.Helper()
	w.Exactly(t, len(want)-1, patience(), quiet)
	require.Equal(t, want, w.Values())
}

// logs waits for a decision of a rule.
func (r *recipe) logs(t *testing.T, rule, verdict string) string {
	t.Helper()
	var found []string
	stack.Eventually(t, patience(), func() error {
		if found = logged(r.Alertscale, fmt.Sprintf("rule=%q verdict=%s ", rule, verdict)); len(found) == 0 {
			return fmt.Errorf("%q is not %s", rule, verdict)
		}
		return nil
	})
	return found[0]
}

// asThePageSays compares the log with what the page says that happens: each of its lines is in the log, in that order,
// and every change that the log tells of, but for those of other rules, is on the page.
func (r *recipe) asThePageSays(t *testing.T, others ...string) {
	t.Helper()
	var steps []step
	var shown []string
	for line := range strings.Lines(r.Log()) {
		if s, text, ok := stepOfLog(line); ok && !slices.Contains(others, s.rule) {
			steps, shown = append(steps, s), append(shown, text)
		}
	}
	t.Logf("what happened:\n%s", strings.Join(shown, "\n"))
	rest := steps
	for _, want := range r.happened {
		i := slices.Index(rest, want)
		require.NotEqual(t, -1, i, "the page says that this happens:\n%+v\nwhat is left of what happened:\n%+v", want, rest)
		rest = rest[i+1:]
	}
	require.Equal(t, only(r.happened, "scaled"), only(steps, "scaled"), "changes")
	require.Empty(t, logged(r.Alertscale, "verdict=failed"))
	require.Len(t, logged(r.Alertscale, "verdict=rejected"), len(only(r.happened, "rejected")))
}

// only returns the steps with a verdict.
func only(steps []step, verdict string) (all []step) {
	for _, s := range steps {
		if s.verdict == verdict {
			all = append(all, s)
		}
	}
	return all
}

// ref is a workload as alertscale writes it.
func (r *recipe) ref(kind, name string) string {
	return "kubernetes:" + kind + "/" + r.namespace + "/" + name
}
