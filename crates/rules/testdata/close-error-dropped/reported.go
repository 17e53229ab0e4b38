package files

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/template"
)

func written(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want "what the file `f` could not write"
	_, err = f.Write(data)
	return err
}

func byStatement(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	f.Close() // want
	return nil
}

func copied(dst, src string) error {
	in, err := os.Open(src)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(dst)
	if err != nil {
		return err
	}
	defer out.Close() // want "file `out`"
	_, err = io.Copy(out, in)
	return err
}

func appended(path, line string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer f.Close() // want
	_, err = fmt.Fprintln(f, line)
	return err
}

func encoded(path string, v any) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	return json.NewEncoder(f).Encode(v)
}

func inLiteral(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		f.Close() // want
	}()
	_, err = f.Write(data)
	return err
}

// The flush of the buffer is checked, the close of the file is not.
func buffered(path string, lines []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	w := bufio.NewWriter(f)
	for _, line := range lines {
		if _, err := w.WriteString(line); err != nil {
			return err
		}
	}
	return w.Flush()
}

// The last block of the compressor is written by Close.
func compressed(out io.Writer, data []byte) error {
	zw := gzip.NewWriter(out)
	defer zw.Close() // want "compressor `zw`"
	_, err := zw.Write(data)
	return err
}

func zipped(out io.Writer, names []string) error {
	zw := zip.NewWriter(out)
	defer zw.Close() // want "archive writer `zw`"
	for _, name := range names {
		if _, err := zw.Create(name); err != nil {
			return err
		}
	}
	return nil
}

func tarred(path string, header *tar.Header) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want "file `f`"
	tw := tar.NewWriter(f)
	defer tw.Close() // want "archive writer `tw`"
	return tw.WriteHeader(header)
}

func rendered(path string, t *template.Template, v any) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	if err := t.Execute(f, v); err != nil {
		return fmt.Errorf("render %s: %w", path, err)
	}
	return nil
}

// The helper writes.
func byHelper(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	return put(f, data)
}

func put(f *os.File, data []byte) error {
	_, err := f.Write(data)
	return err
}

// A helper opens, and this one writes.
func fromHelper(path string, data []byte) error {
	f, err := openOutput(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	_, err = f.Write(data)
	return err
}

func openOutput(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return f, nil
}

// Sync comes before the last write.
func syncedTooEarly(path string, a, b []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close() // want
	if _, err := f.Write(a); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	_, err = f.Write(b)
	return err
}

// One of two ways to success closes unseen.
func oneWay(path string, data []byte, quick bool) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if quick {
		f.Close() // want
		return nil
	}
	return f.Close()
}

// The rename makes the half file the real one.
func replaced(path string, data []byte) error {
	tmp, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	tmp.Close() // want
	if err != nil {
		return errors.Join(err, os.Remove(tmp.Name()))
	}
	return os.Rename(tmp.Name(), path)
}

// In a literal that gives an error.
func each(paths []string, data []byte) error {
	for _, path := range paths {
		err := func() error {
			f, err := os.Create(path)
			if err != nil {
				return err
			}
			defer f.Close() // want
			_, err = f.Write(data)
			return err
		}()
		if err != nil {
			return err
		}
	}
	return nil
}

// A file system behind an interface.
type files interface {
	Create(name string) (output, error)
}

type output interface {
	io.WriteCloser
	Name() string
}

func throughInterface(fs files, data []byte) error {
	f, err := fs.Create("config")
	if err != nil {
		return err
	}
	defer f.Close() // want-types
	_, err = f.Write(data)
	return err
}

type bucket interface {
	NewWriter(name string) io.WriteCloser
}

// The object exists when Close has worked.
func stored(b bucket, src io.Reader) error {
	w := b.NewWriter("object")
	defer w.Close() // want-types
	_, err := io.Copy(w, src)
	return err
}

// The error goes through a variable of the function around.
func inGoroutine(path string, data []byte, done chan<- error) {
	var err error
	go func() {
		defer func() { done <- err }()
		var f *os.File
		if f, err = os.Create(path); err != nil {
			return
		}
		defer f.Close() // bug-missed
		_, err = f.Write(data)
	}()
}
