package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/common/model"

	"alertscale/adapter/controller"
	"alertscale/rules"
)

// pauseRequest is the body of a POST that pauses or resumes a ref.
type pauseRequest struct {
	Ref       string `json:"ref"`
	Direction string `json:"direction"` // up, down, both; empty: both
	For       string `json:"for"`       // of a pause
}

// The bounds of a pause's length and of its request.
const (
	maxPause     = 366 * 24 * time.Hour
	maxPauseBody = 64 << 10
)

func (rt *routes) pause(w http.ResponseWriter, r *http.Request) {
	rt.change(w, r, func(ctx context.Context, p pauseRequest, d rules.Direction) error {
		length, err := model.ParseDuration(p.For)
		if err != nil || length <= 0 || time.Duration(length) > maxPause {
			return badRequest(fmt.Sprintf("for: %q is no duration of up to 366d, such as 30m or 2h", p.For))
		}
		return rt.Pauser.Pause(ctx, p.Ref, d, time.Duration(length))
	})
}

func (rt *routes) resume(w http.ResponseWriter, r *http.Request) {
	rt.change(w, r, func(ctx context.Context, p pauseRequest, d rules.Direction) error {
		if p.For != "" {
			return badRequest("for: a resume has none")
		}
		return rt.Pauser.Resume(ctx, p.Ref, d)
	})
}

// badRequest is a fault of the request.
type badRequest string

func (e badRequest) Error() string { return string(e) }

func (rt *routes) change(w http.ResponseWriter, r *http.Request, do func(context.Context, pauseRequest, rules.Direction) error) {
	p, d, err := readPause(http.MaxBytesReader(w, r.Body, maxPauseBody))
	if err == nil && rt.Pauser == nil {
		err = badRequest("nothing can be paused here")
	}
	if err == nil {
		ctx, cancel := context.WithTimeout(r.Context(), rt.Deadline)
		defer cancel()
		err = do(ctx, p, d)
	}
	_, bad := errors.AsType[badRequest](err)
	switch {
	case err == nil:
		succeed(w, r, struct{}{})
	case bad:
		fail(w, r, http.StatusBadRequest, badData, err.Error())
	case errors.Is(err, controller.ErrUnknownRef):
		fail(w, r, http.StatusNotFound, notFoundType, err.Error())
	default:
		fail(w, r, http.StatusServiceUnavailable, unavailable, err.Error())
	}
}

func readPause(body io.Reader) (p pauseRequest, d rules.Direction, err error) {
	if err := json.UnmarshalRead(body, &p, json.RejectUnknownMembers(true)); err != nil {
		return p, d, badRequest(`want {"ref": "kubernetes:Deployment/shop/web", "direction": "up|down|both", "for": "2h"}: ` + err.Error())
	}
	if p.Ref == "" {
		return p, d, badRequest("ref is missing: as /api/v1/targets lists it")
	}
	switch p.Direction {
	case "up":
		d = rules.Up
	case "down":
		d = rules.Down
	case "both", "":
	default:
		return p, d, badRequest(fmt.Sprintf("direction: %q is none of up, down, both", p.Direction))
	}
	return p, d, nil
}
