package upgrade

import (
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules"
	"alertscale/rules/engine"
)

var noon = time.Date(2026, time.March, 2, 12, 0, 0, 0, time.UTC)

const repository = "docker.io/acme/web"

func pushOf(tag, digest string) Push {
	return Push{Repository: repository, Tag: tag, Digest: digest, Mark: "at " + tag}
}

// app is a workload of the cluster, as a driver would find it.
type app struct {
	Workload
	version, restarts int
	begun             []string // what upgrades it got, by the image
	ours              bool     // the upgrade that is under way
	unlabelled        bool     // no selector finds it
}

func newApp(images ...string) *app {
	a := &app{version: 1}
	a.Phase = Idle
	for i, image := range images {
		a.Containers = append(a.Containers, Container{fmt.Sprint("c", i), image})
	}
	return a
}

func (a *app) seen() Workload {
	w := a.Workload
	w.Containers = append([]Container(nil), w.Containers...)
	w.Version, w.Restarts = fmt.Sprint(a.version), fmt.Sprint(a.restarts)
	if w.Phase != Idle {
		w.Text = "it is " + string(w.Phase)
	}
	return w
}

// apply makes a change, unless the workload is another one than when it was decided on.
func (a *app) apply(c Change) engine.Outcome {
	if c.Version != fmt.Sprint(a.version) || a.Phase != Idle {
		return engine.Conflicted
	}
	a.version++
	a.restarts++
	for _, next := range c.Images {
		for i := range a.Containers {
			if a.Containers[i].Name == next.Name {
				a.Containers[i].Image = next.Image
			}
		}
	}
	a.begun = append(a.begun, c.Images[0].Image)
	if a.Finishes {
		a.Phase, a.ours = UnderWay, true
	}
	return engine.Succeeded
}

// world is a machine, a cluster and a store on a clock that jumps.
type world struct {
	t       require.TestingT
	upgrade *Upgrade
	m       *Machine
	now     time.Time
	stored  []byte
	apps    map[string]*app
	said    []engine.Decision
	calls   []Op
}

func newWorld(t require.TestingT, u *Upgrade) *world {
	return &world{t: t, upgrade: u, m: New(u), now: noon, apps: map[string]*app{}}
}

func named() *Upgrade {
	return &Upgrade{
		Name: "web", Hook: "push", Image: repository, Tag: regexp.MustCompile("^(?:.*)$"), Driver: "k",
		Where: Where{Kind: "Deployment", Namespace: "shop", Name: "web"},
	}
}

func selected() *Upgrade {
	u := named()
	u.Where = Where{Selector: rules.Labels{{Name: "app", Value: "web"}}}
	return u
}

func refOf(name string) rules.Ref {
	return rules.Ref{Driver: "k", Kind: "Deployment", Namespace: "shop", Name: name}
}

// do carries a command out.
func (w *world) do(c Command) Reply {
	if r, ok := c.Named(); c.Op == Find && ok {
		return r
	}
	a := w.apps[c.Ref.Name]
	switch {
	case c.Op == Save:
		w.stored = c.Data
	case c.Op == Find:
		r := Reply{Outcome: engine.Succeeded}
		for name, a := range w.apps {
			if !a.unlabelled {
				r.Refs = append(r.Refs, refOf(name))
			}
		}
		return r
	case a == nil:
		return Reply{Outcome: engine.NotFound, Text: "not found"}
	case c.Op == Read:
		return Reply{Outcome: engine.Succeeded, Workload: a.seen()}
	case c.Op == Apply:
		w.intended(c)
		return Reply{Outcome: a.apply(c.Change), Text: "changed meanwhile"}
	case c.Op == Finish:
		require.Equal(w.t, Upgraded, a.Phase)
		require.True(w.t, a.ours, "an upgrade that somebody else began is not finished")
		a.Phase, a.ours = Idle, false
	}
	return Reply{Outcome: engine.Succeeded}
}

// intended requires that the store has the intent of a change.
func (w *world) intended(c Command) {
	_, s, err := decode(w.stored)
	require.NoError(w.t, err)
	for _, known := range s.Workloads {
		if known.Ref == c.Ref {
			require.NotNil(w.t, known.Intent)
			require.Equal(w.t, c.Change.Images, known.Intent.Images)
			return
		}
	}
	require.Fail(w.t, "nothing is stored of the workload")
}

// crash forgets all that is not stored.
func (w *world) crash() {
	w.m = New(w.upgrade)
	if w.stored != nil {
		m, err := Restore(w.stored)
		require.NoError(w.t, err)
		require.Empty(w.t, m.Use(w.upgrade))
		w.m = m
	}
}

// step does one command; false where there is none.
func (w *world) step() bool {
	c := w.m.Next(w.now)
	if c.Op == Sleep {
		if c.Until.IsZero() {
			return false
		}
		require.True(w.t, c.Until.After(w.now))
		w.now = c.Until
		return true
	}
	w.calls = append(w.calls, c.Op)
	w.said = append(w.said, w.m.Done(c, w.do(c), w.now)...)
	return true
}

// run works until nothing is left, or so many commands were done.
func (w *world) run(most int) {
	for range most {
		if !w.step() {
			return
		}
	}
}

func (w *world) push(p Push) {
	w.said = append(w.said, w.m.Push(p, w.now)...)
}

// verdicts lists what was decided since the last time it was asked.
func (w *world) verdicts() (all []string) {
	for _, d := range w.said {
		name, _, _ := cutLast(d.Ref)
		all = append(all, name+" "+string(d.Verdict))
	}
	w.said = nil
	return all
}

func cutLast(ref string) (name, before string, ok bool) {
	for i := len(ref) - 1; i >= 0; i-- {
		if ref[i] == '/' {
			return ref[i+1:], ref[:i], true
		}
	}
	return ref, "", false
}

func ran(t *testing.T, w *world) {
	t.Helper()
	w.run(1000)
	require.True(t, w.m.Rests())
}
