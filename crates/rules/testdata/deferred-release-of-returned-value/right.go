package dead

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

func read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func name() (string, error) {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Name(), nil
}

func info(path string) (os.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return f.Stat()
}

func onlyOnError(path string) (f *os.File, err error) {
	f, err = os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	_, err = f.Stat()
	return f, err
}

func guarded(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	done := false
	defer func() {
		if !done {
			f.Close()
		}
	}()
	if _, err := f.Stat(); err != nil {
		return nil, err
	}
	done = true
	return f, nil
}

func returnedWithError(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Stat(); err != nil {
		return f, fmt.Errorf("stat: %w", err)
	}
	return nil, errors.New("nothing")
}

func anotherValue(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	g, err := os.Create(path + ".copy")
	if err != nil {
		return nil, err
	}
	io.Copy(g, f)
	return g, nil
}

func replaced(path string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var r io.Reader = f
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	r = bytes.NewReader(data)
	return r, nil
}

func headers(url string) (*http.Response, []byte, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return resp, data, err
}

func putBack(url string) (*http.Response, error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(data))
	return resp, nil
}

func statusOf(url string) (int, http.Header, error) {
	resp, err := http.Get(url)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	return resp.StatusCode, resp.Header, nil
}

func parent(ctx context.Context) context.Context {
	inner, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-inner.Done()
	return ctx
}

func errorOf(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	<-ctx.Done()
	return ctx.Err()
}

func valueOf(ctx context.Context) any {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	return ctx.Value("key")
}

func onlyOnFailure(parent context.Context) (_ context.Context, err error) {
	ctx, cancel := context.WithCancel(parent)
	defer func() {
		if err != nil {
			cancel()
		}
	}()
	return ctx, nil
}

func withCancel(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(parent)
	return ctx, cancel
}

// It is read again by the literal, not used.
func later(path string) (func() string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := f.Name()
	return func() string { return size }, nil
}

// A copy in memory.
func buffered(path string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var buf bytes.Buffer
	if _, err := io.Copy(&buf, f); err != nil {
		return nil, err
	}
	return &buf, nil
}

// The literal that is called at once returns it, not the function that closes it.
func innerReturns(path string) (string, error) {
	f, err := func() (*os.File, error) {
		return os.Open(path)
	}()
	if err != nil {
		return "", err
	}
	defer f.Close()
	return f.Name(), nil
}
