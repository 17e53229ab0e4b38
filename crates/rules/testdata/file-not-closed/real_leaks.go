package files

import (
	"fmt"
	"io"
	"os"
)

// The result has no name, so the deferred function looks at an error that nobody sets.
func saveFirst(path string, data []byte) error {
	f, err := os.Create(path) // want "is not closed on every path"
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}

// The second attempt forgets the first.
func parentOnFailure(path, parent string) (names []string, err error) {
	d, err := os.Open(path) // want
	if err != nil || !isDir(d) {
		d, err = os.Open(parent) // want
		if err != nil {
			return nil, err
		}
	}
	return d.Readdirnames(0)
}

func isDir(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.IsDir()
}

// The name that is taken is in the message.
func copyTo(from, to string) error {
	src, err := os.Open(from) // want "the file `src` that"
	if err != nil {
		return err
	}
	dst, err := os.Create(to) // want "the file `dst` that"
	if err != nil {
		return fmt.Errorf("copy: %w", err)
	}
	if _, err := io.Copy(dst, src); err != nil {
		return err
	}
	src.Close()
	return dst.Close()
}
