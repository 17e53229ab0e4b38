package files

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"testing"
)

// The body of the loop is a function that returns early.
func overFunc(names iter.Seq[string]) error {
	for name := range names {
		f, err := os.Open(name) // want
		if err != nil {
			return err
		}
		if _, err := f.Stat(); err != nil {
			return err
		}
		f.Close()
	}
	return nil
}

func overFuncRight(names iter.Seq[string]) error {
	for name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		_, err = f.Stat()
		f.Close()
		if err != nil {
			return err
		}
	}
	return nil
}

// A method value is the method of this file.
func methodValue(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	done := f.Close
	defer done()
	_, err = f.Stat()
	return err
}

func methodValueNotCalled(name string) error {
	f, err := os.Open(name) // want
	if err != nil {
		return err
	}
	done := f.Close
	if _, err := f.Stat(); err != nil {
		return err
	}
	return done()
}

func closeAll[C io.Closer](list ...C) {
	for _, c := range list {
		c.Close()
	}
}

func generic(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer closeAll(f)
	_, err = f.Stat()
	return err
}

// The panic is caught, the file is not closed.
func recovered(name string, use func(*os.File)) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	f, err := os.Open(name) // want
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil || info.Size() == 0 {
		return errors.New("empty")
	}
	return f.Close()
}

func panics(name string) int64 {
	f, err := os.Open(name)
	if err != nil {
		panic(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		panic(err)
	}
	return info.Size()
}

// A label that an error jumps to closes it.
func byLabel(name string) (err error) {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	if _, err = f.Stat(); err != nil {
		goto fail
	}
	if _, err = f.Seek(1, io.SeekStart); err != nil {
		goto fail
	}
	return f.Close()
fail:
	f.Close()
	return err
}

// One of the jumps passes the close.
func byWrongLabel(name string) (err error) {
	var n int64
	f, err := os.Open(name) // want
	if err != nil {
		return err
	}
	if _, err = f.Stat(); err != nil {
		goto fail
	}
	if n, err = f.Seek(1, io.SeekStart); err != nil {
		goto out
	}
fail:
	f.Close()
out:
	if n > 0 {
		return nil
	}
	return err
}

func kindsOfErrors(name string) (*os.File, error) {
	f, err := os.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case errors.Is(err, fs.ErrPermission), err != nil:
		return nil, err
	}
	return f, nil
}

type holder struct{ f *os.File }

// The field of a local that stays here.
func inOwnStruct(name string) (int64, error) {
	var h holder
	f, err := os.Open(name) // want
	if err != nil {
		return 0, err
	}
	h.f = f
	info, err := h.f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func inOwnStructClosed(name string) (int64, error) {
	h := &holder{}
	var err error
	if h.f, err = os.Open(name); err != nil {
		return 0, err
	}
	defer h.f.Close()
	info, err := h.f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// A helper for tests that others call: it goes when the test is over.
func fixture(t testing.TB, name string) *os.File {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func fixtureSize(t testing.TB, name string) int64 {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

type openError struct{ name string }

func (e *openError) Error() string { return e.name }

func openNamed(name string) (*os.File, *openError) {
	f, err := os.Open(name)
	if err != nil {
		return nil, &openError{name}
	}
	return f, nil
}

// The error has a type of its own.
func ownErrorType(name string) (int64, *openError) {
	f, err := openNamed(name)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	n, _ := io.Copy(io.Discard, f)
	return n, nil
}
