package files

import (
	"fmt"
	"io"
	"os"
)

func wrap(err error, text string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", text, err)
}

// It is closed there only when there is an error, which the caller gets.
func saves(name, text string) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(name)
		}
	}()
	n, err := f.WriteString(text)
	if err != nil {
		return wrap(err, "write")
	}
	if n != len(text) {
		return wrap(io.ErrShortWrite, "write")
	}
	return wrap(f.Close(), "close")
}

// There it is closed when all went well.
func savesWell(name, text string, check func() error) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() {
		if err == nil {
			f.Close() // want
		}
	}()
	if _, err = f.WriteString(text); err != nil {
		f.Close()
		return wrap(err, "write")
	}
	return check()
}
