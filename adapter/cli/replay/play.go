package replay

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/cli/internal/lookback"
	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/adapter/recording"
	"alertscale/adapter/source/hook"
	"alertscale/adapter/source/webhook"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/simulation"
)

// outcome is what came of a replay.
type outcome struct {
	path                                 string
	rules                                *rules.Set
	begin, end                           time.Time
	decisions                            []controller.DecisionRecord // but duplicates
	counts                               map[string][]point          // of each ref, in the order of time
	notifications, duplicates, unmatched int

	known     knowledge
	uncounted map[string]bool // refs of which no count is known
	skipped   map[string]int  // what was left out, and how often
	leftOut   []string        // rules, and why
	bands     bands           // nil: nobody wants them

	targets map[string]*rules.Target               // of the refs that were touched
	parted  map[string][]controller.DecisionRecord // the decisions by their refs; nil: they were not parted so far
}

// point is a count that a ref has from a time on.
type point struct {
	At    time.Time
	Count int
}

// final is the last count of each ref.
func (o *outcome) final() map[string]int {
	all := make(map[string]int, len(o.counts))
	for ref, points := range o.counts {
		all[ref] = points[len(points)-1].Count
	}
	return all
}

// player replays.
type player struct {
	*outcome
	sim    *simulation.Simulation
	decode func(body []byte, sender string) (*rules.Event, error)
	hooks  map[string]*hook.Config
	said   func(rules.Ref) (rules.BoundsSaid, bool)
	posts  int
	follow *followed // nil: what was read later does not count
}

// play replays lines on rules of a file.
func play(file *config.File, set *rules.Set, lines []recording.Line, given map[string]int, o *Options) *outcome {
	p := &player{
		outcome: &outcome{
			path: file.Path, rules: set, begin: lines[0].At, counts: map[string][]point{}, uncounted: map[string]bool{}, skipped: map[string]int{},
			targets: map[string]*rules.Target{}, known: o.known(),
		},
		decode: webhook.NewDecoder().Decode, hooks: map[string]*hook.Config{}, said: file.Said,
	}
	if o.Out != "" {
		p.bands = bands{}
	}
	for i := range file.Hooks {
		p.hooks[file.Hooks[i].Name] = &file.Hooks[i]
	}
	p.sim = p.simulation(lines, given, o.FollowCounts)
	for i := range lines {
		p.line(&lines[i])
	}
	p.end = lines[len(lines)-1].At.Add(o.Tail)
	p.sim.AdvanceTo(p.end)
	return p.outcome
}

// simulation is one in which each ref has the count that was first read.
func (p *player) simulation(lines []recording.Line, given map[string]int, follow bool) *simulation.Simulation {
	start := map[string]int{}
	for i := range lines {
		for ref, n := range lines[i].Counts {
			if _, known := start[ref]; !known {
				start[ref] = n
			}
		}
	}
	maps.Copy(start, given)
	for ref, n := range start {
		p.counted(p.begin, ref, n)
	}
	so := simulation.Options{
		Set: p.rules, Start: p.begin, Counts: start, Decided: p.decided, Missing: p.missing, Matched: p.matched,
		Counted: p.counted, Said: p.said,
	}
	if follow {
		p.follow = newFollowed(lines)
		so.Reads = func(at time.Time, ref string) {
			if n, ok := p.follow.read(at, ref); ok {
				p.sim.SetCount(ref, n)
			}
		}
	}
	return simulation.New(so)
}

// counted notes a count, where it is another one than before.
func (p *player) counted(at time.Time, ref string, n int) {
	all := p.counts[ref]
	if len(all) == 0 || all[len(all)-1].Count != n {
		p.counts[ref] = append(all, point{at, n})
	}
}

func (p *player) decided(at time.Time, d engine.Decision) {
	if d.Verdict == engine.Duplicate {
		p.duplicates++
		return
	}
	p.decisions = append(p.decisions, controller.NewRecord(at, d))
}

// missing says of a ref that no count was recorded.
func (p *player) missing(ref string) string {
	p.uncounted[ref] = true
	return fmt.Sprintf("%s: no count of it %s; %s", ref, p.known.counted, strings.ReplaceAll(p.known.give, "REF", ref))
}

// knowledge is where counts are known from, as it is said.
type knowledge struct{ counted, give string }

func (o *Options) known() knowledge {
	if o.looksBack() {
		return knowledge{"is known", lookback.MissingCount}
	}
	return knowledge{"was recorded", "give one with --count REF=N"}
}

// line lets happen what a line tells.
func (p *player) line(l *recording.Line) {
	p.sim.AdvanceTo(l.At)
	switch {
	case l.Payload == nil:
		if p.follow != nil {
			p.follow.apply(l, p.sim.SetCount)
		}
	case l.Hook != "":
		p.hook(l)
	default:
		p.notification(l)
	}
}

// notification posts what a sender posted to the webhook, or as to an Alertmanager.
func (p *player) notification(l *recording.Line) {
	sender := l.Sender
	if p.rules.Speaks("") { // the file asks nobody for a token
		sender = ""
	}
	if sender != "" && !p.rules.Speaks(sender) {
		p.skipped[fmt.Sprintf("a notification of sender %q, which %s has not", sender, p.path)]++
		return
	}
	e, err := p.decoded(l, sender)
	if err != nil {
		p.skipped["a notification that is none: "+err.Error()]++
		return
	}
	p.post(e, l.At)
}

func (p *player) decoded(l *recording.Line, sender string) (*rules.Event, error) {
	if webhook.IsList(l.Payload) {
		return webhook.DecodeAlerts(l.Payload, sender, l.At)
	}
	return p.decode(l.Payload, sender)
}

func (p *player) hook(l *recording.Line) {
	h := p.hooks[l.Hook]
	if h == nil {
		p.skipped[fmt.Sprintf("a POST to hook %q, which %s has not", l.Hook, p.path)]++
		return
	}
	var posted map[string]string
	if err := json.Unmarshal(l.Payload, &posted); err != nil {
		p.skipped["a POST to a hook that is none: "+err.Error()]++
		return
	}
	var labels rules.Labels
	for _, name := range slices.Sorted(maps.Keys(posted)) {
		labels = append(labels, rules.Label{Name: name, Value: posted[name]})
	}
	p.posts++
	post := rules.HookPost{
		Hook: l.Hook, Labels: h.Alert(labels), At: l.At, For: h.For, Keyed: l.Key != "", Fingerprint: fmt.Sprintf("hook/%s/%d", l.Hook, p.posts),
	}
	if post.Keyed {
		post.Fingerprint = fmt.Sprintf("hook/%s/key %s", l.Hook, l.Key)
	}
	p.post(post.Event(), l.At)
}

func (p *player) post(e *rules.Event, at time.Time) {
	p.notifications++
	p.sim.Post(e, at)
}

// matched notes what a notification touches.
func (p *player) matched(at time.Time, m *rules.Match) {
	p.unmatched += len(m.Unmatched)
	for _, r := range m.Refs {
		p.targets[r.Ref.String()] = r.Target
	}
	if p.bands != nil {
		p.bands.note(m, at)
	}
}

// warn says what was left out.
func (o *outcome) warn(w io.Writer) {
	o.warnOfRules(w)
	for _, what := range slices.Sorted(maps.Keys(o.skipped)) {
		fmt.Fprintf(w, "left out: %d × %s\n", o.skipped[what], what)
	}
	if refs := slices.Sorted(maps.Keys(o.uncounted)); len(refs) > 0 {
		fmt.Fprintf(w, "no count %s of %s; %s\n", o.known.counted, strings.Join(refs, ", "), o.known.give)
	}
}

// warnOfRules says which rules were left out.
func (o *outcome) warnOfRules(w io.Writer) {
	for _, what := range o.leftOut {
		fmt.Fprintln(w, "left out:", what)
	}
}
