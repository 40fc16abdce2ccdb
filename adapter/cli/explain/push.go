package explain

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"alertscale/adapter/config"
	"alertscale/adapter/controller"
	"alertscale/rules"
	"alertscale/rules/engine"
	"alertscale/rules/upgrade"
)

// pushed is what comes out of a body that was posted to a hook of upgrades.
type pushed struct {
	Pushes    []string     `json:"pushes"`
	Upgrades  []forUpgrade `json:"upgrades"`
	Decisions []record     `json:"decisions"`
	NoImage   []string     `json:"no_image"` // workloads of which no image is known
}

// forUpgrade is whether a push is for an upgrade.
type forUpgrade struct {
	Upgrade string `json:"upgrade"`
	Push    string `json:"push,omitempty"` // that is for it
	Why     string `json:"why,omitempty"`  // why none is, or why nothing can be said of it
}

// explainPush says which upgrades a body is for, and what would become of the workloads whose images are given.
func (o *Options) explainPush(out io.Writer, file *config.File, at time.Time) error {
	switch {
	case o.Payload == "":
		return errors.New("say what was posted to the hook: a file, or - for standard input")
	case o.URL != "" || o.Labels != "":
		return errors.New("--hook goes with a body and --image, and with neither --url nor --labels")
	}
	name, body, err := o.payload()
	if err != nil {
		return fmt.Errorf("read the body: %w", err)
	}
	pushes, err := upgrade.ReadPushes(body, "")
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	images, err := parseImages(o.Images)
	if err != nil {
		return err
	}
	p := pushed{Pushes: []string{}, Upgrades: []forUpgrade{}, Decisions: []record{}, NoImage: []string{}}
	for _, one := range pushes {
		p.Pushes = append(p.Pushes, one.String())
	}
	if err := p.tryAll(file.Upgrades, o.Hook, pushes, images, at); err != nil {
		return err
	}
	if o.JSON {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		return enc.Encode(p)
	}
	p.text(out)
	return nil
}

func (p *pushed) tryAll(all []*upgrade.Upgrade, hook string, pushes []upgrade.Push, images map[string][]upgrade.Container, at time.Time) error {
	for _, u := range all {
		if u.Hook != hook {
			continue
		}
		one := forUpgrade{Upgrade: u.Name}
		if chosen, ok := u.Choose(pushes); ok {
			one.Push = chosen.String()
			if _, named := u.Ref(); named || len(refsOn(u.Driver, images)) > 0 {
				p.try(u, chosen, images, at)
			} else {
				one.Why = "the images of its workloads are not known: give them with --image REF=IMAGE"
			}
		} else if len(pushes) > 0 {
			one.Why = u.Missed(pushes[len(pushes)-1])
		} else {
			one.Why = "the body tells of no push"
		}
		p.Upgrades = append(p.Upgrades, one)
	}
	if len(p.Upgrades) == 0 {
		return fmt.Errorf("no upgrade of the file has the hook %q; what a hook brings otherwise is an alert, which --labels explains", hook)
	}
	return nil
}

// try carries a push out on workloads that have the images that are given, and nothing else.
func (p *pushed) try(u *upgrade.Upgrade, push upgrade.Push, images map[string][]upgrade.Container, at time.Time) {
	m := upgrade.New(u)
	decided := m.Push(push, at)
	for c := m.Next(at); c.Op != upgrade.Sleep; c = m.Next(at) {
		r := upgrade.Reply{Outcome: engine.Succeeded}
		if known, ok := c.Named(); ok && c.Op == upgrade.Find {
			r = known
		}
		switch has := images[c.Ref.String()]; {
		case c.Op == upgrade.Find && r.Refs == nil:
			r.Refs = refsOn(u.Driver, images)
		case c.Op == upgrade.Read && has == nil:
			p.NoImage = append(p.NoImage, c.Ref.String())
			return
		case c.Op == upgrade.Read:
			r.Workload = upgrade.Workload{Containers: has, Phase: upgrade.Idle}
		}
		decided = append(decided, m.Done(c, r, at)...)
	}
	for _, d := range decided {
		p.Decisions = append(p.Decisions, controller.NewRecord(at, d))
	}
}

// refsOn lists the workloads of a driver whose images are given.
func refsOn(driver string, images map[string][]upgrade.Container) (all []rules.Ref) {
	for written := range images {
		if rest, ok := strings.CutPrefix(written, driver+":"); ok {
			parts := strings.Split(rest, "/")
			ref := rules.Ref{Driver: driver, Kind: parts[0], Name: parts[len(parts)-1]}
			if len(parts) > 2 {
				ref.Namespace = parts[1]
			}
			all = append(all, ref)
		}
	}
	return all
}

// parseImages reads --image: REF=IMAGE, or REF=CONTAINER=IMAGE for each of several containers.
func parseImages(given []string) (map[string][]upgrade.Container, error) {
	all := map[string][]upgrade.Container{}
	for _, text := range given {
		ref, rest, _ := strings.Cut(text, "=")
		driver, path, _ := strings.Cut(ref, ":")
		container, image, named := strings.Cut(rest, "=")
		if !named {
			container, image = "app", rest
		}
		if _, err := upgrade.ParseImage(image); err != nil || driver == "" || !slices.Contains([]int{1, 2}, strings.Count(path, "/")) {
			return nil, fmt.Errorf("--image %q: want REF=IMAGE or REF=CONTAINER=IMAGE, such as kubernetes:Deployment/shop/web=acme/web:1.2", text)
		}
		all[ref] = append(all[ref], upgrade.Container{Name: container, Image: image})
	}
	return all, nil
}

// text writes the explanation for people.
func (p *pushed) text(w io.Writer) {
	for _, push := range p.Pushes {
		fmt.Fprintf(w, "push %s\n", push)
	}
	width := 0
	for _, u := range p.Upgrades {
		width = max(width, len([]rune(u.Upgrade)))
	}
	for _, u := range p.Upgrades {
		what := u.Why
		if u.Push != "" {
			what = "matches " + u.Push
			if u.Why != "" {
				what += "; " + u.Why
			}
		}
		fmt.Fprintf(w, "  %-*s  %s\n", width, u.Upgrade, what)
	}
	for i := range p.Decisions {
		d := &p.Decisions[i]
		fmt.Fprintf(w, "\n%s\n", d.Ref)
		decisionText(w, d)
	}
	for _, ref := range p.NoImage {
		fmt.Fprintf(w, "\n%s\n  no image is known: give one with --image %[1]s=IMAGE\n", ref)
	}
	if len(p.Decisions)+len(p.NoImage) == 0 {
		fmt.Fprintln(w, "\nNothing is upgraded.")
	}
}
