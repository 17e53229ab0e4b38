package bodies

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

type api struct {
	c *http.Client
}

// call closes the body when it decodes it, and returns the response on every path.
func (a *api) call(ctx context.Context, u string, out any) (resp *http.Response, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u, nil)
	if err != nil {
		return nil, err
	}
	resp, err = a.c.Do(req)
	if err != nil || out == nil {
		return resp, err
	}
	err = decodeInto(resp, out)
	return resp, err
}

func decodeInto(resp *http.Response, out any) error {
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(out)
}

func (a *api) headers(ctx context.Context, u string) (string, error) {
	var info struct{ Name string }
	resp, err := a.call(ctx, u, &info)
	if err != nil {
		return "", err
	}
	return resp.Header.Get("Etag") + info.Name, nil
}

// checked closes the body only when it fails.
func (a *api) checked(u string) (*http.Response, error) {
	resp, err := a.c.Get(u)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= http.StatusBadRequest {
		resp.Body.Close()
		return resp, fmt.Errorf("%s: %s", u, resp.Status)
	}
	return resp, nil
}

func (a *api) size(u string) (int64, error) {
	resp, err := a.checked(u) // want-types "the response body `resp` that `a.checked(…)` gives is never closed"
	if err != nil {
		return 0, err
	}
	return resp.ContentLength, nil
}

// drained closes the body of what is short, and leaves the rest to the caller.
func (a *api) drained(u string) (*http.Response, error) {
	resp, err := a.c.Get(u)
	if err != nil {
		return nil, err
	}
	if resp.ContentLength == 0 {
		resp.Body.Close()
		return nil, nil
	}
	return resp, nil
}

func (a *api) kind(u string) (string, error) {
	resp, err := a.drained(u) // want-types "never closed"
	if err != nil || resp == nil {
		return "", err
	}
	return resp.Header.Get("Content-Type"), nil
}

type decoder func(*http.Response, any) error

// with hands the response to whatever decodes it, which closes the body.
func (a *api) with(u string, out any, decode decoder) (*http.Response, error) {
	resp, err := a.c.Get(u)
	if err != nil || out == nil {
		return resp, err
	}
	err = decode(resp, out)
	return resp, err
}

func (a *api) name(u string) (string, error) {
	var info struct{ Name string }
	resp, err := a.with(u, &info, decodeInto)
	if err != nil {
		return "", err
	}
	return info.Name + resp.Header.Get("Etag"), nil
}
