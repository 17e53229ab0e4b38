package bodies

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
)

func deferred(u string) ([]byte, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	return io.ReadAll(resp.Body)
}

func nilResponse(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req)
	if resp != nil {
		defer resp.Body.Close()
	}
	return err
}

func nilBody(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req)
	if resp != nil && resp.Body != nil {
		defer resp.Body.Close()
	}
	if err != nil {
		return err
	}
	return nil
}

func literal(u string) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	defer func() {
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}()
	return json.NewDecoder(resp.Body).Decode(new(int))
}

func literalLogs(u string) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	defer func() {
		if err := resp.Body.Close(); err != nil {
			log.Print(err)
		}
	}()
	return nil
}

func literalWithArgument(u string) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	defer func(body io.ReadCloser) {
		_ = body.Close()
	}(resp.Body)
	return nil
}

func given(u string) (*http.Response, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode >= 500 {
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp, nil
}

func bodyGiven(u string) (io.ReadCloser, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != 200 {
		resp.Body.Close()
		return nil, fmt.Errorf("%s: %s", u, resp.Status)
	}
	return resp.Body, nil
}

func drainAndClose(body io.ReadCloser) {
	io.Copy(io.Discard, body)
	body.Close()
}

func helper(u string) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	defer drainAndClose(resp.Body)
	return nil
}

func decode(resp *http.Response, v any) error {
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

func decoded(u string, v any) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	return decode(resp, v)
}

func closeResponse(resp *http.Response) {
	if resp != nil {
		resp.Body.Close()
	}
}

func closedEarly(c *http.Client, req *http.Request) error {
	resp, err := c.Do(req)
	defer closeResponse(resp)
	return err
}

func retried(u string, tries int) (*http.Response, error) {
	var last error
	for range tries {
		resp, err := http.Get(u)
		if err != nil {
			last = err
			continue
		}
		if resp.StatusCode < 500 {
			return resp, nil
		}
		resp.Body.Close()
		last = errors.New(resp.Status)
	}
	return nil, last
}

type unzipped struct {
	*gzip.Reader
	body io.Closer
}

func (u unzipped) Close() error {
	u.Reader.Close()
	return u.body.Close()
}

func unzips(c *http.Client, req *http.Request) (io.ReadCloser, error) {
	resp, err := c.Do(req)
	if err != nil {
		return nil, err
	}
	z, err := gzip.NewReader(resp.Body)
	if err != nil {
		resp.Body.Close()
		return nil, err
	}
	return unzipped{z, resp.Body}, nil
}

type lines struct {
	body io.ReadCloser
	scan *bufio.Scanner
}

func stream(u string) (*lines, error) {
	resp, err := http.Get(u)
	if err != nil {
		return nil, err
	}
	l := &lines{body: resp.Body}
	l.scan = bufio.NewScanner(l.body)
	return l, nil
}

type transport struct{ next http.RoundTripper }

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = http.MaxBytesReader(nil, resp.Body, 1<<20)
	return resp, nil
}

func inGoroutine(u string, out chan<- []byte) error {
	resp, err := http.Get(u)
	if err != nil {
		return err
	}
	go func() {
		defer resp.Body.Close()
		data, _ := io.ReadAll(resp.Body)
		out <- data
	}()
	return nil
}

func forwards(w http.ResponseWriter, u string) {
	resp, err := http.Get(u)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	body := resp.Body
	defer body.Close()
	io.Copy(w, body)
}

func sent(u string, responses chan<- *http.Response) {
	if resp, err := http.Get(u); err == nil {
		responses <- resp
	}
}

func named(u string) (resp *http.Response, err error) {
	resp, err = http.Get(u)
	return
}
