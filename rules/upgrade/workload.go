package upgrade

import (
	"slices"
	"strings"
	"time"
)

// Workload is what a driver read of a workload.
type Workload struct {
	Containers []Container
	Version    string // the driver's own; given back in Change
	Restarts   string // another one whenever the containers are made again by a change of the workload
	Phase      Phase
	Text       string // where it is not idle: what is so, and what ends it
	Finishes   bool   // an upgrade of it has to be finished once it is Upgraded
}

// Container is one of a workload, with its image as it is written there.
type Container struct {
	Name  string
	Image string
}

// Phase says what a workload takes now.
type Phase string

// The phases.
const (
	Idle     Phase = "idle"      // an upgrade
	UnderWay Phase = "under way" // nothing: an upgrade is under way
	Upgraded Phase = "upgraded"  // that its upgrade is finished
	Busy     Phase = "busy"      // nothing, for another reason
)

// Change is what a driver is asked to do: the new images of some containers.
type Change struct {
	Images  []Container
	Restart bool // the images are those that are there: have the containers made again, so that what was pushed is pulled
	Pace    Pace
	Version string    // of the read that the change was decided on
	At      time.Time // when it was
}

// wanted returns the images that a push means for a workload, and whether all of them are there.
func (u *Upgrade) wanted(w *Workload, p Push) (images []Container, there bool) {
	there = true
	for _, c := range w.Containers {
		i, err := ParseImage(c.Image)
		if u.Container != "" && c.Name != u.Container || err != nil || i.Repository != p.Repository {
			continue
		}
		next := i.With(p, u.TagsOnly)
		there = there && next == i
		images = append(images, Container{c.Name, next.String()})
	}
	return images, there
}

// unwanted says why a push means nothing for a workload.
func (u *Upgrade) unwanted(w *Workload, p Push) string {
	var all []string
	for _, c := range w.Containers {
		if c.Name == u.Container {
			return "container " + c.Name + " has the image " + c.Image + ", which is not of " + p.Repository
		}
		all = append(all, c.Name+" ("+c.Image+")")
	}
	if u.Container != "" {
		return "there is no container " + u.Container + "; there are " + strings.Join(all, ", ")
	}
	return "no container has an image of " + p.Repository + "; there are " + strings.Join(all, ", ")
}

// has reports whether a workload has all of some images, however they are written.
func (w *Workload) has(images []Container) bool {
	for _, want := range images {
		if !slices.ContainsFunc(w.Containers, func(c Container) bool { return c.Name == want.Name && sameImage(c.Image, want.Image) }) {
			return false
		}
	}
	return true
}

func sameImage(a, b string) bool {
	x, err := ParseImage(a)
	y, otherwise := ParseImage(b)
	x.Name, y.Name = "", ""
	return a == b || err == nil && otherwise == nil && x == y
}

// steps says what becomes of the containers, one line for each.
func (w *Workload) steps(images []Container) (lines []string) {
	for _, next := range images {
		for _, c := range w.Containers {
			switch {
			case c.Name != next.Name:
			case c.Image == next.Image:
				lines = append(lines, "container "+c.Name+": "+c.Image+", pulled again")
			default:
				lines = append(lines, "container "+c.Name+": "+c.Image+" → "+next.Image)
			}
		}
	}
	return lines
}
