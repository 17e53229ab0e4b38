package files

import (
	"errors"
	"os"
	"syscall"
)

// What says that there is an error, other than a comparison with nil.

func assertedError(path string) int64 {
	f, err := os.Open(path)
	if _, is := err.(*os.PathError); is {
		return 0
	}
	if err != nil {
		return 1
	}
	defer f.Close()
	info, _ := f.Stat()
	return info.Size()
}

func switchedError(path string) string {
	f, err := os.Open(path)
	switch err := err.(type) {
	case *os.PathError:
		return err.Path
	case syscall.Errno:
		return "number"
	}
	if err != nil {
		return "other"
	}
	defer f.Close()
	return f.Name()
}

func copiedError(path string) (err error) {
	for range 3 {
		f, e := os.Open(path)
		err = e
		if err != nil {
			continue
		}
		defer f.Close()
		break
	}
	return err
}

func copyAndOriginal(path string) error {
	var first error
	f, err := os.Open(path)
	first = err
	if err != nil {
		return errors.Join(first, errors.New("cannot be opened"))
	}
	return f.Close()
}

func switchedNil(path string) error {
	f, err := os.Open(path) // want
	switch err.(type) {
	case nil:
		println(f.Name())
		return nil
	case *os.PathError:
		return err
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func otherError(path string, other error) error {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	if _, is := other.(*os.PathError); is {
		return other
	}
	return f.Close()
}

func copiedTooLate(path string) error {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	info, err := f.Stat()
	e := err
	if e != nil {
		return e
	}
	println(info.Size())
	return f.Close()
}
