package upgrade

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"alertscale/rules/engine"
)

func TestAPushIsAppliedOnce(t *testing.T) {
	w := newWorld(t, named())
	w.apps["web"] = newApp("acme/web:1.2", "nginx:1")
	w.push(pushOf("1.3", ""))
	ran(t, w)
	require.Equal(t, []Op{Save, Find, Save, Read, Save, Apply, Save}, w.calls)
	require.Equal(t, []Container{{"c0", "acme/web:1.3"}, {"c1", "nginx:1"}}, w.apps["web"].Containers, "its own registry and repository")
	require.Equal(t, []string{"push docker.io/acme/web:1.3", "container c0: acme/web:1.2 → acme/web:1.3"}, w.said[0].Why)
	require.Equal(t, "hook/push", w.said[0].Receiver)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())

	w.calls = nil
	w.push(pushOf("1.3", ""))
	require.Equal(t, []string{"web duplicate"}, w.verdicts())
	require.False(t, w.step(), "a repeat costs no request and no write")
	w.crash()
	w.push(pushOf("1.3", ""))
	require.Equal(t, []string{"web duplicate"}, w.verdicts())

	w.push(pushOf("1.2", ""))
	ran(t, w)
	w.push(pushOf("1.3", ""))
	ran(t, w)
	require.Equal(t, []string{"web upgraded", "web upgraded"}, w.verdicts(), "only a repeat of the last push is skipped")
	require.Equal(t, []string{"acme/web:1.3", "acme/web:1.2", "acme/web:1.3"}, w.apps["web"].begun)
}

func TestTheSameTag(t *testing.T) {
	w := newWorld(t, named())
	w.apps["web"] = newApp("acme/web:latest")
	w.push(Push{Repository: repository, Tag: "latest"})
	ran(t, w)
	require.Equal(t, []string{"push docker.io/acme/web:latest", "container c0: acme/web:latest, pulled again"}, w.said[0].Why)
	require.Equal(t, 1, w.apps["web"].restarts)
	w.push(Push{Repository: repository, Tag: "latest"})
	ran(t, w)
	require.Equal(t, 2, w.apps["web"].restarts, "without a digest and a time nothing says that it is a repeat")
	w.push(pushOf("latest", digestA))
	ran(t, w)
	require.Equal(t, "acme/web:latest@"+digestA, w.apps["web"].Containers[0].Image)
	require.Equal(t, []string{"web upgraded", "web upgraded", "web upgraded"}, w.verdicts())

	w.stored, w.m = nil, New(w.upgrade) // of a store that was lost
	w.push(pushOf("latest", digestA))
	ran(t, w)
	require.Equal(t, []string{"web duplicate"}, w.verdicts(), "it has the image")
	require.Equal(t, 3, w.apps["web"].restarts)
}

func TestDryRun(t *testing.T) {
	u := named()
	u.DryRun = true
	w := newWorld(t, u)
	w.apps["web"] = newApp("acme/web:1.2")
	for range 2 {
		w.push(pushOf("1.3", ""))
		ran(t, w)
		require.Equal(t, []string{"push docker.io/acme/web:1.3", "container c0: acme/web:1.2 → acme/web:1.3", "dry run: nothing is changed"}, w.said[0].Why)
		require.Equal(t, []string{"web dry_run"}, w.verdicts(), "it is never applied, so it is no repeat")
	}
	require.Empty(t, w.apps["web"].begun)
}

func TestOfTheRepositoryOnly(t *testing.T) {
	w := newWorld(t, named())
	w.apps["web"] = newApp("quay.io/acme/web:1", "nginx:1")
	w.push(pushOf("2", ""))
	ran(t, w)
	require.Equal(t, "no container has an image of docker.io/acme/web; there are c0 (quay.io/acme/web:1), c1 (nginx:1)", w.said[0].Why[1])
	require.False(t, w.said[0].Refused, "the API did not say no")
	require.Equal(t, []string{"web rejected"}, w.verdicts())

	w.upgrade.Container = "c1"
	w.apps["web"] = newApp("acme/web:1", "nginx:1")
	w.push(pushOf("2", ""))
	ran(t, w)
	require.Equal(t, "container c1 has the image nginx:1, which is not of docker.io/acme/web", w.said[0].Why[1])
	w.said, w.upgrade.Container = nil, "c9"
	w.push(pushOf("2", ""))
	ran(t, w)
	require.Equal(t, "there is no container c9; there are c0 (acme/web:1), c1 (nginx:1)", w.said[0].Why[1])
	w.said, w.upgrade.Container = nil, "c1"
	w.apps["web"] = newApp("acme/web:1", "acme/web:1")
	w.push(pushOf("2", ""))
	ran(t, w)
	require.Equal(t, []Container{{"c0", "acme/web:1"}, {"c1", "acme/web:2"}}, w.apps["web"].Containers)

	delete(w.apps, "web")
	w.push(pushOf("3", ""))
	ran(t, w)
	require.True(t, w.said[1].Refused)
	require.Equal(t, []string{"web upgraded", "web rejected"}, w.verdicts())
}

func TestASelector(t *testing.T) {
	w := newWorld(t, selected())
	w.push(pushOf("1", ""))
	ran(t, w)
	require.Equal(t, []string{"push docker.io/acme/web:1", "no workload has the labels app=web"}, w.said[0].Why)
	require.True(t, w.said[0].Refused)
	require.Equal(t, []string{" rejected"}, w.verdicts())
	require.Empty(t, w.stored)

	w.apps["a"], w.apps["b"], w.apps["other"] = newApp("acme/web:1"), newApp("acme/web:1"), newApp("nginx")
	w.push(pushOf("2", ""))
	ran(t, w)
	require.ElementsMatch(t, []string{"a upgraded", "b upgraded"}, w.verdicts(), "of a workload with another image nothing is said")
	w.apps["c"] = newApp("acme/web:1")
	delete(w.apps, "b")
	w.push(pushOf("2", ""))
	ran(t, w)
	require.ElementsMatch(t, []string{"a duplicate", "c upgraded"}, w.verdicts())

	w.apps = map[string]*app{"x": newApp("nginx"), "y": newApp("nginx")}
	w.push(pushOf("3", ""))
	ran(t, w)
	require.Contains(t, w.said[0].Why[1], "none of the workloads with the labels app=web has an image of the repository")
	require.Equal(t, []string{" rejected"}, w.verdicts())
}

// TestALabelIsTakenOff: an upgrade that was begun is finished, though its workload is found no more.
func TestALabelIsTakenOff(t *testing.T) {
	w := newWorld(t, selected())
	a := newApp("acme/web:1")
	a.Finishes = true
	w.apps["a"], w.apps["b"] = a, newApp("acme/web:1")
	w.push(pushOf("2", ""))
	w.run(20)
	a.unlabelled = true
	w.push(pushOf("3", ""))
	w.run(20)
	a.Phase = Upgraded
	ran(t, w)
	require.Equal(t, Idle, a.Phase)
	require.Equal(t, "acme/web:2", a.Containers[0].Image)
	require.Equal(t, "acme/web:3", w.apps["b"].Containers[0].Image)
	w.push(pushOf("4", ""))
	ran(t, w)
	require.NotContains(t, string(w.stored), "shop\",\"name\":\"a", "and then it is forgotten")
}

// TestInService is a workload whose upgrades take a while, and are to be finished.
func TestInService(t *testing.T) {
	w := newWorld(t, named())
	a := newApp("acme/web:1")
	a.Finishes, w.upgrade.TagsOnly = true, true
	w.apps["web"] = a
	w.push(pushOf("2", digestA))
	w.run(20)
	require.Equal(t, UnderWay, a.Phase)
	require.Equal(t, "acme/web:2", a.Containers[0].Image)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())
	require.False(t, w.m.Waiting())

	w.push(pushOf("2", digestA))
	w.run(8)
	require.Equal(t, []string{"web duplicate"}, w.verdicts())
	w.crash()
	w.push(pushOf("3", digestB))
	w.run(20)
	require.Equal(t, []string{"web not_ready"}, w.verdicts(), "one at a time; what waits is told once")
	a.Phase = Upgraded
	for a.Phase != UnderWay {
		require.True(t, w.step())
	}
	w.run(20)
	require.Equal(t, "acme/web:3", a.Containers[0].Image)
	a.Phase = Upgraded
	ran(t, w)
	require.Equal(t, Idle, a.Phase)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())
}

func TestSomebodyElsesUpgrade(t *testing.T) {
	w := newWorld(t, named())
	a := newApp("acme/web:1")
	a.Finishes, a.Phase = true, UnderWay
	w.apps["web"] = a
	w.push(pushOf("2", digestA))
	w.run(30)
	require.Equal(t, []string{"push docker.io/acme/web:2@" + digestA, "container c0: acme/web:1 → acme/web:2@" + digestA, "it is under way"}, w.said[0].Why)
	a.Phase = Upgraded
	w.run(30)
	require.Equal(t, []string{"web not_ready", "web not_ready"}, w.verdicts())
	a.Phase = Idle
	w.run(10)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())

	a.Phase, a.Containers[0].Image, a.ours = Upgraded, "acme/web:rolled-back", false
	ran(t, w)
	require.Equal(t, "somebody else rolled it back, or upgraded it again, before it was finished", w.said[0].Why[1])
	require.Equal(t, []string{"web rejected"}, w.verdicts())
}

func TestNothingWaitsForEver(t *testing.T) {
	w := newWorld(t, named())
	a := newApp("acme/web:1")
	a.Phase = Busy
	w.apps["web"] = a
	w.push(pushOf("2", digestA))
	w.run(10_000)
	require.True(t, w.m.Rests())
	require.WithinDuration(t, noon.Add(24*time.Hour), w.now, time.Minute)
	require.Equal(t, []string{"web not_ready", "web rejected"}, w.verdicts())

	a.Phase, a.Finishes = Idle, true
	w.push(pushOf("3", digestA))
	w.run(10_000)
	require.True(t, w.m.Rests())
	require.Equal(t, []string{"web upgraded", "web rejected"}, w.verdicts())
}

func TestTheFileChanges(t *testing.T) {
	w := newWorld(t, named())
	a := newApp("acme/web:1")
	a.Finishes = true
	w.apps["web"], w.apps["next"] = a, newApp("acme/web:1")
	w.push(pushOf("2", digestA))
	w.run(10)
	w.push(pushOf("3", digestA))
	w.run(10)
	require.Equal(t, []string{"web upgraded", "web not_ready"}, w.verdicts())
	w.said = w.m.Use(nil)
	require.Equal(t, []string{"web rejected"}, w.verdicts())
	a.Phase = Upgraded
	ran(t, w)
	require.Equal(t, Idle, a.Phase, "what was begun is finished")

	w.upgrade = named()
	w.m.Use(w.upgrade)
	a.Phase = Busy
	w.push(pushOf("4", digestA))
	w.run(10)
	next := named()
	next.Where.Name = "next"
	require.Empty(t, w.m.Use(next))
	ran(t, w)
	require.Equal(t, []string{"web not_ready", "next upgraded"}, w.verdicts())
}

// TestSomebodyElseStores: with a store that replicas share, what the other one stored goes first.
func TestSomebodyElseStores(t *testing.T) {
	w, other := newWorld(t, named()), newWorld(t, named())
	w.apps["web"] = newApp("acme/web:1")
	other.apps = w.apps
	other.push(pushOf("2", digestA))
	ran(t, other)
	w.push(pushOf("2", digestA))
	c := w.m.Next(w.now)
	w.said = w.m.Done(c, Reply{Outcome: engine.Conflicted, Data: other.stored}, w.now)
	require.Equal(t, []string{"web duplicate"}, w.verdicts())
	w.push(pushOf("3", digestA))
	c = w.m.Next(w.now)
	w.said = w.m.Done(c, Reply{Outcome: engine.Conflicted, Data: other.stored}, w.now)
	w.stored = other.stored
	ran(t, w)
	require.Equal(t, []string{"web upgraded"}, w.verdicts())
	require.Len(t, w.apps["web"].begun, 2)
}

// TestAPushThatNothingTellsApart: while one workload waits, a restart upgrades none of the others a second time, though nothing
// says that their push was this one.
func TestAPushThatNothingTellsApart(t *testing.T) {
	w := newWorld(t, selected())
	w.apps["a"], w.apps["b"], w.apps["c"] = newApp("acme/web:1"), newApp("acme/web:1"), newApp("nginx")
	w.apps["b"].Phase = Busy
	w.push(Push{Repository: repository, Tag: "1"})
	w.run(30)
	require.ElementsMatch(t, []string{"a upgraded", "b not_ready"}, w.verdicts())
	w.crash()
	w.run(30)
	require.Equal(t, []string{"b not_ready"}, w.verdicts())
	w.apps["b"].Phase = Idle
	ran(t, w)
	require.Equal(t, []string{"b upgraded"}, w.verdicts())
	require.Len(t, w.apps["a"].begun, 1)
}
