package chaos

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"alertscale/test/stack"

	"github.com/stretchr/testify/require"
)

// twoWebs is a file with two fixed targets, of a kind as it is spelled in each.
func (s shop) twoWebs(kind string) string {
	return fmt.Sprintf(`
targets:
  web: {driver: kubernetes, kind: Deployment, namespace: %[1]s, name: web, max: 9}
  cart: {driver: kubernetes, kind: %[2]s, namespace: %[1]s, name: cart, max: 9}
rules:
  - {name: busy, matchers: ['alertname="Busy"'], target: web, up: 1}
  - {name: cart busy, matchers: ['alertname="CartBusy"'], target: cart, up: 1}
`, s, kind)
}

// start is a start of alertscale on what is wrong in one way.
type start struct {
	name, kind string   // the kind of the target cart
	there      []string // the Deployments that there are
	token      string   // empty: that of alertscale's account
	down       bool     // the API server
	logs       string   // the one warning; ADDRESS is that of the API server, SHOP the namespace
	checks     []string // the lines of check --connect that say FAILED
}

const (
	missing = `not found: Deployment SHOP/cart: 404: deployments.apps "cart" not found; create it, or correct kind, namespace and name`
	noKind  = `not found: the API server has no kind Deploymnt, did you mean "Deployment"?; correct the kind, or install what defines it`
	badAuth = "unauthorized: /version answered 401: Unauthorized; the API server does not take the credentials, which may be about to be renewed: " +
		"check the token or the kubeconfig"
	silent = "no answer from ADDRESS: dial tcp HOST: connect: connection refused; is the API server up, and is that its address?"

	isDown = `msg="driver is down: alerts are taken, and what they ask of it is tried again" driver=kubernetes address=ADDRESS targets=2 unread="cart, web" err=`
)

// unread are the lines of check for the targets of a driver that is down.
var unread = []string{
	"targets.cart: kubernetes:Deployment/SHOP/cart was not looked for",
	"targets.web: kubernetes:Deployment/SHOP/web was not looked for",
}

var starts = []start{
	{name: "all is there", kind: "Deployment", there: []string{"web", "cart"}},
	{
		name: "a Deployment is not there", kind: "Deployment", there: []string{"web"},
		logs:   fmt.Sprintf(`msg="the workload of a target is not found" target=cart ref=kubernetes:Deployment/SHOP/cart err=%q`, missing),
		checks: []string{"targets.cart: kubernetes:Deployment/SHOP/cart: " + missing},
	},
	{
		name: "a kind is misspelled", kind: "Deploymnt", there: []string{"web", "cart"},
		logs:   fmt.Sprintf(`msg="the workload of a target is not found" target=cart ref=kubernetes:Deploymnt/SHOP/cart err=%q`, noKind),
		checks: []string{"targets.cart: kubernetes:Deploymnt/SHOP/cart: " + noKind},
	},
	{
		name: "the token is wrong", kind: "Deployment", there: []string{"web", "cart"}, token: "wrong",
		logs: isDown + fmt.Sprintf("%q", badAuth), checks: append([]string{"drivers.kubernetes: " + badAuth}, unread...),
	},
	{
		name: "the API server is down", kind: "Deployment", there: []string{"web", "cart"}, down: true,
		logs: isDown + fmt.Sprintf("%q", silent), checks: append([]string{"drivers.kubernetes: " + silent}, unread...),
	},
}

// TestStartIsNotBlind starts alertscale on what is wrong in one way each: it serves all the same, and its log and
// check --connect say what is wrong.
func TestStartIsNotBlind(t *testing.T) {
	for _, st := range starts {
		t.Run(st.name, func(t *testing.T) {
			s := newShop(t, 3, st.there...)
			proxy := stack.ProxyAPIServer(t, api)
			if st.down {
				proxy.Down()
			}
			kubeconfig := accountVia(t, proxy)
			if st.token != "" {
				kubeconfig = stack.WriteKubeconfig(t, proxy.URL, api.CA, st.token)
			}
			a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: s.twoWebs(st.kind), Kubeconfig: kubeconfig})
			filled := strings.NewReplacer("SHOP", string(s), "ADDRESS", proxy.URL, "HOST", strings.TrimPrefix(proxy.URL, "https://"))
			st.log(t, a, proxy.URL, filled)
			st.serves(t, a, s)
			st.check(t, a, filled)
			require.Empty(t, proxy.Requests(stack.Method("PATCH", "PUT", "DELETE")), "nothing is changed")
		})
	}
}

// up reports whether the driver is.
func (st *start) up() bool { return !st.down && st.token == "" }

// log checks what is logged.
func (st *start) log(t *testing.T, a *stack.Alertscale, url string, filled *strings.Replacer) {
	t.Helper()
	warnings := 0
	if st.logs != "" {
		warnings = 1
		stack.Eventually(t, wait, func() error { return contains(a.Log(), filled.Replace(st.logs)) })
	}
	if st.up() {
		a.WaitConnected(t, 1)
		require.Regexp(t, `level=info .*msg="driver connected" driver=kubernetes address=`+regexp.QuoteMeta(url)+
			` user=system:serviceaccount:monitoring:alertscale version=v1\.\d+\.\d+ targets=2 found=`+fmt.Sprint(2-warnings)+`\n`, a.Log())
	}
	require.Equal(t, warnings, strings.Count(a.Log(), "level=warn"), a.Log())
}

// serves checks that notifications are taken, and that what is known is shown.
func (st *start) serves(t *testing.T, a *stack.Alertscale, s shop) {
	t.Helper()
	code, ready := a.Get(t, "/-/ready")
	require.Equal(t, 200, code)
	require.Equal(t, !st.up(), strings.Contains(ready, "Driver kubernetes is down since 2"), ready)
	_, metrics := a.Get(t, "/metrics")
	require.Equal(t, st.up(), strings.Contains(metrics, "\nalertscale_driver_up{driver=\"kubernetes\"} 1\n"), metrics)
	require.Equal(t, !st.up(), strings.Contains(metrics, "\nalertscale_driver_up{driver=\"kubernetes\"} 0\n"), metrics)
	require.Contains(t, metrics, fmt.Sprintf("alertscale_target_max_replicas{ref=%q} 9", s.ref("web")))
	require.Equal(t, st.up(), strings.Contains(metrics, fmt.Sprintf("alertscale_target_replicas{ref=%q} 3", s.ref("web"))))
}

// check checks what check --connect says.
func (st *start) check(t *testing.T, a *stack.Alertscale, filled *strings.Replacer) {
	t.Helper()
	text, code := a.Command(t, "check", "--connect", a.Config)
	require.Equal(t, len(st.checks) == 0, code == 0, text)
	require.LessOrEqual(t, code, 1)
	var failed, want []string
	for line := range strings.Lines(text) {
		if after, ok := strings.CutPrefix(line, "  FAILED: "); ok {
			failed = append(failed, strings.TrimSuffix(after, "\n"))
		}
	}
	for _, line := range st.checks {
		want = append(want, filled.Replace(line))
	}
	require.Equal(t, want, failed, text)
}

func contains(text, part string) error {
	if !strings.Contains(text, part) {
		return fmt.Errorf("it does not say %s, but:\n%s", part, text)
	}
	return nil
}

// TestStartWithoutAnAPIServer starts before the API server does: once that answers, all is known without an alert.
func TestStartWithoutAnAPIServer(t *testing.T) {
	s := newShop(t, 3, "web", "cart")
	proxy := stack.ProxyAPIServer(t, api)
	proxy.Down()
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{Config: s.twoWebs("Deployment"), Kubeconfig: accountVia(t, proxy)})
	stack.Eventually(t, wait, func() error { return contains(a.Log(), `msg="driver is down`) })
	proxy.Up(t)
	a.WaitConnected(t, 1)
	require.Contains(t, a.Log(), " targets=2 found=2\n")
	_, ready := a.Get(t, "/-/ready")
	require.Equal(t, "alertscale is ready.\n", ready)
	_, targets := a.Get(t, "/api/v1/targets")
	require.Equal(t, 2, strings.Count(targets, `"count":3`), targets)
	post(t, a, 200, "scaled", s.firing("Busy", "web"))
	require.Equal(t, 4, admin.Scale(t, s.object("web")))
}

// TestCountsAreReadAgain: what somebody else changes is on the API without an alert, and an API server that goes away is
// named.
func TestCountsAreReadAgain(t *testing.T) {
	s := newShop(t, 3, "web", "cart")
	proxy := stack.ProxyAPIServer(t, api)
	a := stack.StartAlertscale(t, stack.AlertscaleOptions{
		Config: s.twoWebs("Deployment"), Kubeconfig: accountVia(t, proxy), Args: []string{"--targets.refresh-interval=1s"},
	})
	a.WaitConnected(t, 1)
	admin.SetScale(t, s.object("cart"), 7)
	shows := func(part string) func() error {
		return func() error {
			_, text := a.Get(t, "/api/v1/targets")
			return contains(text, part)
		}
	}
	stack.Eventually(t, wait, shows(`"count":7`))
	proxy.Down()
	stack.Eventually(t, wait, func() error {
		_, text := a.Get(t, "/-/ready")
		return contains(text, "Driver kubernetes is down since 2")
	})
	stack.Eventually(t, wait, func() error { return contains(a.Log(), `msg="driver is down`) })
	admin.SetScale(t, s.object("cart"), 5)
	proxy.Up(t)
	stack.Eventually(t, wait, shows(`"count":5`))
	stack.Eventually(t, wait, func() error { return contains(a.Log(), `msg="driver answers again" driver=kubernetes`) })
	require.Empty(t, proxy.Requests(stack.Method("PATCH")))
}
