package bodies

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

func status(u string) (int, error) {
	resp, err := http.Get(u) // want "the response body `resp` that `http.Get(…)` gives is never closed"
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}

func early(u string) ([]byte, error) {
	resp, err := http.Get(u) // want "is not closed on every path"
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func decodes(c *http.Client, req *http.Request, v any) error {
	resp, err := c.Do(req) // want
	if err != nil {
		return err
	}
	return json.NewDecoder(resp.Body).Decode(v)
}

func dropped(u string) error {
	_, err := http.PostForm(u, url.Values{}) // want "nothing holds"
	return err
}

func pages(u string) error {
	for u != "" {
		resp, err := http.Get(u) // want
		if err != nil {
			return err
		}
		u = resp.Header.Get("Next")
	}
	return nil
}

func fetch(u string) (*http.Response, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, fmt.Errorf("fetching: %w", err)
	}
	return resp, nil
}

func throughHelper(u string) error {
	resp, err := fetch(u) // want-types
	if err != nil {
		return err
	}
	fmt.Println(resp.Status)
	return nil
}

func retried(u string, tries int) (*http.Response, error) {
	var resp *http.Response
	var err error
	for range tries {
		resp, err = http.Get(u) // want "is overwritten"
		if err == nil && resp.StatusCode < 500 {
			return resp, nil
		}
	}
	return nil, err
}

func body(u string) (io.ReadCloser, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func readsBody(u string) ([]byte, error) {
	b, err := body(u) // want-types
	if err != nil {
		return nil, err
	}
	return io.ReadAll(b)
}

func checkStatus(resp *http.Response) error {
	if resp.StatusCode >= 400 {
		return errors.New(resp.Status)
	}
	return nil
}

func onlyChecked(u string) error {
	resp, err := http.Get(u) // want
	if err != nil {
		return err
	}
	return checkStatus(resp)
}

func checkedFirst(u string) error {
	resp, err := http.Get(u) // want
	if err != nil {
		return err
	}
	if err := checkStatus(resp); err != nil {
		return err
	}
	return resp.Body.Close()
}

func drained(u string) {
	resp, err := http.Get(u) // want
	if err != nil {
		return
	}
	io.Copy(io.Discard, resp.Body)
}
