package late

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func status(url string) ([]byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		return nil, errors.New(resp.Status)
	}
	defer resp.Body.Close() // want "the response body `resp` that `http.Get(…)` gives is not closed"
	return io.ReadAll(resp.Body)
}

func directory(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	// It is long.
	defer f.Close() // want "a path returns before it, and the file `f`"
	return info.Size(), nil
}

func closedByLiteral(path string, v any) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	defer func() { // want
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = f.Write(data)
	return err
}

// Only one of the returns in the switch comes before.
func inSwitch(path string, mode int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	switch mode {
	case 0:
		return errors.New("no mode")
	case 1:
		mode = 2
	}
	defer f.Close() // want
	_, err = f.Seek(int64(mode), io.SeekStart)
	return err
}

// The second connection fails, and the first stays.
func twoConns(a, b string) error {
	x, err := net.Dial("tcp", a)
	if err != nil {
		return err
	}
	y, err := net.Dial("tcp", b)
	if err != nil {
		return err
	}
	defer x.Close() // want "the connection `x`"
	defer y.Close()
	_, err = io.Copy(x, y)
	return err
}

func cancelLate(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	defer cancel() // want "is not called then"
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func inLiteral(paths []string) error {
	for _, path := range paths {
		err := func() error {
			f, err := os.Open(path)
			if err != nil {
				return err
			}
			if path == "-" {
				return errors.New("no name")
			}
			defer f.Close() // want
			return nil
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

// Nobody but the defer says that it is to be closed.
func byTheDeferAlone(open func() (io.ReadCloser, error), s *store, key string) ([]byte, error) {
	r, err := s.get(key)
	if err != nil {
		return nil, err
	}
	if s.full {
		return nil, fmt.Errorf("no room for %s", key)
	}
	defer r.Close() // want "the closer `r` that `s.get(…)` gives"
	return io.ReadAll(r)
}

type getter interface {
	get(key string) (io.ReadCloser, error)
}

type store struct {
	getter
	full bool
}

// A helper closes it in the end.
func byHelper(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if path == "-" {
		return errors.New("no name")
	}
	defer shut(f) // want
	_, err = f.Stat()
	return err
}

func shut(f *os.File) { _ = f.Close() }

// Two literals further out: the goto leaves before.
func jumps(path string, n int) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if n > 3 {
		goto out
	}
	if n > 2 {
		return nil
	}
	defer f.Close() // want
	_, err = f.Stat()
out:
	return err
}
