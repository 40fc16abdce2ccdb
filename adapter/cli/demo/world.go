package demo

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"alertscale/rules"
)

// The simulated world goes on by steps, so that the same happens in it at each speed.
const (
	step            = 5 * time.Second
	evaluationEvery = time.Minute // where the group of a rule says nothing, as Prometheus's evaluation_interval
)

// How long alertscale is given, of real time: to serve a call whose cooldown is over, and to answer a notification.
const (
	patience = 2 * time.Second
	answers  = 10 * time.Second
)

// visitor is a person who once posts an alert by hand, so long after the first step down.
type visitor struct {
	alarm *alarm
	came  time.Time
}

const visitAfter = 30 * time.Second

// live lets the simulated world go by, and returns how far it came.
func (d *demo) live(ctx context.Context) (past time.Duration, err error) {
	began := time.Now()
	for end := time.Duration(float64(d.Duration) * d.Speed); past <= end; past += step {
		d.clock.set(past)
		d.settle()
		count, _ := d.driver.Count(demoRef())
		load := loadAt(past)
		if err := d.watch(ctx, past, load/float64(max(1, count))); err != nil && ctx.Err() == nil {
			return past, err
		}
		if count, _ = d.driver.Count(demoRef()); ctx.Err() == nil {
			d.screen.status(d.clock.now(), load, count)
		}
		next := began.Add(time.Duration(float64(past+step) / d.Speed))
		select {
		case <-ctx.Done():
			return past, nil
		case <-time.After(time.Until(next)):
		}
	}
	return past - step, nil
}

// settle gives alertscale the time to serve a call whose cooldown is over, since the simulated clock stands still meanwhile.
func (d *demo) settle() {
	for until := time.Now().Add(patience); d.overdue() && time.Now().Before(until); {
		time.Sleep(time.Millisecond)
	}
}

// overdue reports whether a call that waits for a cooldown need not any more.
func (d *demo) overdue() bool {
	d.mu.Lock()
	waiting := d.tally.waiting()
	d.mu.Unlock()
	if waiting == nil {
		return false
	}
	for _, t := range d.adapter.Targets() {
		end := t.Cooldown.Up
		if r := d.file.Rules.RuleFor(waiting.rule, d.file.Rules.Targets[t.Target]); r != nil && goesDown(r) {
			end = t.Cooldown.Down
		}
		if t.Ref == demoRef().String() {
			return end == nil
		}
	}
	return false
}

func goesDown(r *rules.Rule) bool {
	s, ok := r.Action.(*rules.Step)
	return ok && s.Way == rules.Down
}

// watch has Prometheus evaluate its rules where it is time, and Alertmanager send what there is to say.
func (d *demo) watch(ctx context.Context, past time.Duration, ratio float64) error {
	now := d.clock.now()
	for _, a := range d.alarms {
		every := a.rule.Interval
		if every == 0 {
			every = evaluationEvery
		}
		if past%every == 0 && a.evaluate(ratio, now) {
			d.screen.event(now, "pending", fmt.Sprintf("%s: %.0f%% %s, fires if it stays so for %s", a.rule.Name, 100*ratio, a.threshold, short(a.rule.For)))
		}
	}
	d.visit(now)
	for _, a := range append(d.alarms[:len(d.alarms):len(d.alarms)], d.visitor.alarm) {
		if a == nil {
			continue
		}
		if n := a.group.look(a.firing, now); n != nothing {
			if err := d.send(ctx, a, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// visit has an alert posted by hand once the service has shrunk, and ends it after a while.
func (d *demo) visit(now time.Time) {
	d.mu.Lock()
	shrank := d.tally.shrank
	d.mu.Unlock()
	switch v := &d.visitor; {
	case shrank.IsZero() || now.Sub(shrank) < visitAfter:
	case v.alarm == nil:
		v.alarm, v.came = byHand(d.alarms[slices.IndexFunc(d.alarms, above)]), now
		v.alarm.firing, v.alarm.starts = true, now
	case v.alarm.firing && now.Sub(v.came) >= handLasts:
		v.alarm.firing, v.alarm.ends = false, now
	}
}

func above(a *alarm) bool { return a.threshold.above }

// send tells of an alert, and posts the notification of it.
func (d *demo) send(ctx context.Context, a *alarm, n news) error {
	d.mu.Lock()
	d.tally.sent(a, n)
	d.mu.Unlock()
	d.screen.event(d.clock.now(), string(n), a.story(n))
	body, err := json.Marshal(a.notification())
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, answers)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("post to %s: %w", d.url, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(resp.Body)
		return fmt.Errorf("post to %s: %s: %s", d.url, resp.Status, text)
	}
	return nil
}
