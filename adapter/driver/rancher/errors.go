package rancher

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	client "github.com/rancher/go-rancher/v2"

	"alertscale/adapter/controller"
	"alertscale/adapter/driver/internal/httpx"
)

// code is the HTTP status of an error that is an answer, 0 of others, also of one that something in front of
// Rancher gives: its 404 does not say that a host is gone.
func code(err error) int {
	if e := (*client.ApiError)(nil); errors.As(err, &e) && !alien(e) {
		return e.StatusCode
	}
	return 0
}

// status is the HTTP status of an error that is an answer, whoever gave it; 0 of others.
func status(err error) int {
	if e := (*client.ApiError)(nil); errors.As(err, &e) {
		return e.StatusCode
	}
	return 0
}

// alien reports whether a refusal is not from Rancher, whose own have a code. A proxy in front of it may answer so while
// it starts.
func alien(e *client.ApiError) bool {
	if e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusTooManyRequests {
		return false // which say the same, whoever gives them
	}
	return e.StatusCode/100 == 4 && !strings.Contains(e.Body, "code=")
}

// said is an answer that is an error in one line, the same for the same answer.
func said(e *client.ApiError) string {
	parts := strings.Split(oneLine(e.Body), ", ")
	slices.Sort(parts) // the client makes them up in the order of a map
	parts = slices.DeleteFunc(parts, func(p string) bool { return p == "baseType=error" })
	text := fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))
	if body := strings.Join(parts, ", "); body != "" {
		text += ": " + body
	}
	return text
}

// explain turns an error of a call into one of the adapter's terms. A 409 is ErrConflict; what says nothing
// about whether a write was carried out stays as it is.
func explain(what string, err error) error {
	e := (*client.ApiError)(nil)
	if !errors.As(err, &e) {
		if !permanent(err) && len(err.Error()) > longest { // the client repeats whole answers
			return fmt.Errorf("%s: %s", what, oneLine(err.Error()))
		}
		return fmt.Errorf("%s: %w", what, err)
	}
	if alien(e) {
		return fmt.Errorf("%s: %s; Rancher does not say so, but something in front of it, or the url is not Rancher's", what, said(e))
	}
	switch e.StatusCode {
	case http.StatusUnauthorized:
		return &controller.ThrottledError{Err: fmt.Errorf("%w: %s: %s; the server does not take the key, which may be about to be renewed: check access_key and secret_key", controller.ErrUnauthorized, what, said(e))}
	case http.StatusForbidden:
		return fmt.Errorf("%w: %s: %s; check the key's role, and that it is a key of this environment", controller.ErrForbidden, what, said(e))
	case http.StatusNotFound:
		return fmt.Errorf("%w: %s: %s", controller.ErrNotFound, what, said(e))
	case http.StatusMethodNotAllowed:
		return fmt.Errorf("%w: %s: %s; the key's role does not let it", controller.ErrForbidden, what, said(e))
	case http.StatusConflict:
		return fmt.Errorf("%w: %s: %s", controller.ErrConflict, what, said(e))
	case http.StatusTooManyRequests:
		return &controller.ThrottledError{Err: fmt.Errorf("%s: %s", what, said(e))}
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity:
		return fmt.Errorf("%w: %s: %s", controller.ErrInvalid, what, said(e))
	}
	return fmt.Errorf("%s: %s", what, said(e))
}

// midway keeps callers from taking an error for the outcome of a change of which a part is done.
func midway(begun bool, err error) error {
	switch {
	case err == nil || !begun || errors.Is(err, controller.ErrPartial):
		return err
	case permanent(err):
		return fmt.Errorf("%w: %s", controller.ErrPartial, err.Error())
	}
	return errors.New(err.Error())
}

// permanent reports whether trying again changes nothing.
func permanent(err error) bool {
	return errors.Is(err, controller.ErrNotFound) || errors.Is(err, controller.ErrForbidden) || errors.Is(err, controller.ErrInvalid)
}

// longest is the text of an error that is passed on as it is.
const longest = 300

func oneLine(text string) string { return httpx.OneLine(text, longest) }
