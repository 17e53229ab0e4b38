package lookalikes

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
)

func checked(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return nil
}

func checkedInIf(path string) {
	if f, err := os.Open(path); err == nil {
		defer f.Close()
		io.Copy(io.Discard, f)
	}
}

func checkedInSwitch(path string) error {
	f, err := os.Open(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	defer f.Close()
	return nil
}

func checkedByHelper(path string) {
	f, err := os.Open(path)
	must(err)
	defer f.Close()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func ignored(path string) {
	f, _ := os.Open(path)
	defer f.Close()
}

func ignoredLater(path string) {
	f, err := os.Open(path)
	_ = err
	defer f.Close()
}

func looksItself(url string) error {
	resp, err := http.Get(url)
	defer func() {
		if err == nil {
			resp.Body.Close()
		}
	}()
	return err
}

func looksAtValue(url string) error {
	resp, err := http.Get(url)
	defer func() {
		if resp != nil {
			resp.Body.Close()
		}
	}()
	return err
}

// What is deferred has nothing to do with what was opened.
func other(path string, mu *sync.Mutex) error {
	mu.Lock()
	f, err := os.Open(path)
	defer mu.Unlock()
	if err != nil {
		return err
	}
	return f.Close()
}

func errorOfOther(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	n, err := fmt.Println(path)
	defer f.Close()
	if err != nil {
		return fmt.Errorf("%d: %w", n, err)
	}
	return nil
}

type config struct{ unlock func() }

func (config) Close() {}

func load() (config, error) { return config{}, errors.New("load") }

// A struct is never nil.
func value() error {
	c, err := load()
	defer c.Close()
	if err != nil {
		return err
	}
	return nil
}

func buffer() (bytes.Buffer, error) { return bytes.Buffer{}, nil }

func valueWithPointerMethod() error {
	b, err := buffer()
	defer b.Reset()
	if err != nil {
		return err
	}
	return nil
}

func retried(path string) error {
	f, err := os.Open(path)
	for i := 0; err != nil && i < 3; i++ {
		f, err = os.Open(path)
	}
	defer f.Close()
	return err
}

func logged(path string) {
	f, err := os.Open(path)
	log.Println("opened", path, err)
	defer f.Close()
}

func onePath(path string) error {
	f, err := os.Open(path)
	if path != "" {
		if err != nil {
			return err
		}
	}
	defer f.Close()
	return nil
}

func passedOn(path string) error {
	f, err := os.Open(path)
	check := func() error { return err }
	if check() != nil {
		return nil
	}
	defer f.Close()
	return nil
}

func noError() {
	buffer := bytes.NewBufferString("x")
	defer buffer.Reset()
}

func number() (int, error) { return 0, nil }

func numbers() error {
	n, err := number()
	defer fmt.Println(n)
	if err != nil {
		return err
	}
	return nil
}

// The check lets one error pass, so there is a file with that one.
func partial(find func(string) (*os.File, string, error), path string) error {
	dir, rest, err := find(path)
	defer func() { dir.Close() }()
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	fmt.Println(dir.Name(), rest)
	return nil
}
