package files

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
)

func deferred(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func named(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = f.WriteString("done\n")
	return err
}

// Closed when it fails, given to the caller when it does not.
func closedOnError(path string) (_ *os.File, err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if _, err = f.WriteString("head\n"); err != nil {
		return nil, err
	}
	return f, nil
}

func errorsIs(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return f.Close()
}

func isNotExist(path string) error {
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func nilNest(path string) {
	if f, err := os.Open(path); err == nil {
		if info, err := f.Stat(); err == nil {
			fmt.Println(info.Size())
		}
		f.Close()
	} else {
		log.Print(err)
	}
}

func switchOnError(path string) error {
	f, err := os.Open(path)
	switch {
	case err == nil:
	case os.IsPermission(err):
		return nil
	default:
		return err
	}
	return f.Close()
}

func switchOnErrorValue(path string) error {
	f, err := os.Open(path)
	switch err {
	case nil:
		return f.Close()
	default:
		return err
	}
}

func nilCheck(path string) {
	f, _ := os.Open(path)
	if f != nil {
		f.Close()
	}
}

func nilCheckDeferred(path string, wanted bool) error {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	if wanted {
		var err error
		f, err = os.Open(path)
		if err != nil {
			return err
		}
	}
	fmt.Println(f)
	return nil
}

func guarded(path string) error {
	opened := false
	var f *os.File
	if path != "" {
		var err error
		if f, err = os.Open(path); err != nil {
			return err
		}
		opened = true
	}
	if opened {
		f.Close()
	}
	return nil
}

func successFlag(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	ok := false
	defer func() {
		if !ok {
			f.Close()
		}
	}()
	if _, err := f.Stat(); err != nil {
		return nil, err
	}
	ok = true
	return f, nil
}

type store struct {
	file *os.File
	w    *bufio.Writer
}

func newStore(path string) (*store, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &store{file: f, w: bufio.NewWriter(f)}, nil
}

func (s *store) open(path string) (err error) {
	s.file, err = os.Open(path)
	return err
}

func (s *store) reopen(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	if s.file != nil {
		s.file.Close()
	}
	s.file = f
	return nil
}

func (s *store) Close() error { return s.file.Close() }

func closeQuietly(c io.Closer) {
	if err := c.Close(); err != nil {
		log.Print(err)
	}
}

func helperCloses(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer closeQuietly(f)
	_, err = f.Stat()
	return err
}

func closeAll(closers ...io.Closer) {
	for _, c := range closers {
		c.Close()
	}
}

func variadic(a, b string) error {
	in, err := os.Open(a)
	if err != nil {
		return err
	}
	out, err := os.Create(b)
	if err != nil {
		in.Close()
		return err
	}
	defer closeAll(in, out)
	_, err = io.Copy(out, in)
	return err
}

func goroutine(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	go func() {
		defer f.Close()
		io.Copy(io.Discard, f)
	}()
	return nil
}

func sent(path string, files chan<- *os.File) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	files <- f
	return nil
}

func sentOrClosed(path string, files chan<- *os.File, done <-chan struct{}) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	select {
	case files <- f:
	case <-done:
		f.Close()
	}
	return nil
}

func collected(paths []string) ([]*os.File, error) {
	var files []*os.File
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			for _, f := range files {
				f.Close()
			}
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func methodValue(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	done := f.Close
	defer done()
	_, err = f.Stat()
	return err
}

func withCleanup(path string) (*os.File, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return f, f.Close, nil
}

func returnedClosure(path string) (func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return func() { f.Close() }, nil
}

func fatal(path string) {
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := f.Stat(); err != nil {
		log.Fatal(err)
	}
	f.Close()
}

func exits(path string) {
	f, err := os.Open(path)
	if err != nil {
		os.Exit(1)
	}
	fmt.Println(f.Name())
	os.Exit(0)
}

func die(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

func diesInHelper(path string) {
	f, err := os.Open(path)
	if err != nil {
		die(err)
	}
	if _, err := f.Stat(); err != nil {
		die(err)
	}
	f.Close()
}

type lineReader struct {
	*bufio.Scanner
	io.Closer
}

func wrapped(path string) (*lineReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &lineReader{bufio.NewScanner(f), f}, nil
}

var current *os.File

func toPackage(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	current = f
	return nil
}

func loop(paths []string) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if _, err = f.Stat(); err != nil {
			f.Close()
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}

func shutFile(_ *os.File, f *os.File) { f.Close() }

func closedBehindABlank(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	shutFile(nil, f)
	return nil
}
