package bodies

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
)

func readAll(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	return io.ReadAll(resp.Body)
}

func drained(url string) (int, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

func decoded(url string, v any) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return json.NewDecoder(resp.Body).Decode(v)
}

func handedOn(url string, use func(*http.Response) error) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return use(resp)
}

func returned(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
	}
	return resp, nil
}

func scanned(url string) (n int, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	scanner := bufio.NewScanner(resp.Body)
	for scanner.Scan() {
		n++
	}
	return n, scanner.Err()
}

func bodyKept(url string) (io.Reader, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	body := resp.Body
	defer resp.Body.Close()
	return body, nil
}

func ofCaller(resp *http.Response) {
	resp.Body.Close()
}

func inLiteral(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	read := func() ([]byte, error) { return io.ReadAll(resp.Body) }
	return read()
}

func server(w http.ResponseWriter, r *http.Request) {
	defer r.Body.Close()
	w.WriteHeader(http.StatusOK)
}

type store struct{}

func (store) Get(name string) (*file, error) { return &file{}, nil }

type file struct{ Body io.ReadCloser }

func another(s store) error {
	f, err := s.Get("x")
	if err != nil {
		return err
	}
	return f.Body.Close()
}

func neverClosed(url string) (int, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, nil
}

func partly(url string) (byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var b [1]byte
	_, err = resp.Body.Read(b[:])
	return b[0], err
}
