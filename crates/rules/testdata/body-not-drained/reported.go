package bodies

import (
	"errors"
	"fmt"
	"net/http"
)

func ping(url string) (int, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() // want "nobody has read"
	return resp.StatusCode, nil
}

func plain(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	resp.Body.Close() // want
	return nil
}

func post(url string) error {
	resp, err := http.Post(url, "text/plain", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // want
	if resp.StatusCode != http.StatusOK {
		return errors.New(resp.Status)
	}
	return nil
}

func do(c *http.Client, req *http.Request) (string, error) {
	resp, err := c.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close() // want-types
	return resp.Header.Get("ETag"), nil
}

func inLiteral(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer func() {
		if err := resp.Body.Close(); err != nil { // want
			fmt.Println(err)
		}
	}()
	return nil
}

func nilCheck(url string) bool {
	resp, err := http.Get(url)
	if resp != nil {
		defer resp.Body.Close() // want
	}
	return err == nil
}

func trip(rt http.RoundTripper, req *http.Request) (int, error) {
	resp, err := rt.RoundTrip(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close() // want-types
	return resp.StatusCode, nil
}

func loop(urls []string) (ok int) {
	for _, url := range urls {
		resp, err := http.Get(url)
		if err != nil {
			continue
		}
		if resp.StatusCode == http.StatusOK {
			ok++
		}
		resp.Body.Close() // want
	}
	return ok
}
