package files

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func onlyRead(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

func openedButNotWritten(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.ReadAll(f)
	return err
}

// The checked Close comes first; the deferred one is for the early returns.
func closedTwice(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}

func checkedInIf(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}

func synced(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}

func joined(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(data)
	return err
}

func whenNothingElse(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); cerr != nil && err == nil {
			err = cerr
		}
	}()
	_, err = f.Write(data)
	return err
}

func logged(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err := f.Close(); err != nil {
			log.Printf("close %s: %v", path, err)
		}
	}()
	_, err = f.Write(data)
	return err
}

func meant(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	_, err = f.Write(data)
	return err
}

// Nobody can be told.
func noError(path string, data []byte) {
	f, err := os.Create(path)
	if err != nil {
		return
	}
	defer f.Close()
	f.Write(data)
}

// All paths on which it closes unseen end in errors.
func onlyOnErrors(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if len(data) == 0 {
		f.Close()
		return errors.New("nothing to write")
	}
	return f.Close()
}

func inMemory(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	defer zw.Close()
	_, err := zw.Write(data)
	return buf.Bytes(), err
}

func hashed(data []byte) ([]byte, error) {
	h := sha256.New()
	enc := base64.NewEncoder(base64.StdEncoding, h)
	defer enc.Close()
	if _, err := enc.Write(data); err != nil {
		return nil, err
	}
	return h.Sum(nil), nil
}

func answered(w http.ResponseWriter, data []byte) error {
	zw := gzip.NewWriter(w)
	defer zw.Close()
	_, err := zw.Write(data)
	return err
}

// It is removed in the end.
func scratch(data []byte, use func(string) error) error {
	tmp, err := os.CreateTemp("", "scratch")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	if _, err := tmp.Write(data); err != nil {
		return err
	}
	return use(tmp.Name())
}

// It is read again, and that shows what is missing.
func readAgain(path string, data []byte) ([]byte, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

// Who gets it closes it.
func handedOn(path string, data []byte) (*os.File, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func closedByHelper(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer closeInto(f, &err)
	_, err = f.Write(data)
	return err
}

func closeInto(c io.Closer, err *error) {
	if cerr := c.Close(); *err == nil {
		*err = cerr
	}
}

// It is closed well where there is something to lose.
func flagged(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	closed := false
	defer func() {
		if !closed {
			f.Close()
		}
	}()
	if _, err := f.Write(data); err != nil {
		return err
	}
	closed = true
	return f.Close()
}

// A lock file: opened for writing, never written.
func locked(path string, do func() error) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	return do()
}

type atomic interface {
	io.WriteCloser
	Commit() error
}

type store interface {
	NewAtomicWriter(name string) (atomic, error)
}

// Without the commit the close is there to throw the file away.
func committed(s store, data []byte) error {
	w, err := s.NewAtomicWriter("config")
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Commit()
}

type fifos interface {
	OpenFile(name string) (io.WriteCloser, error)
}

func signalled(f fifos) error {
	pipe, err := f.OpenFile("control")
	if err != nil {
		return err
	}
	defer pipe.Close()
	_, err = pipe.Write([]byte("stop"))
	return err
}

// The file is there already, and is no file: a control file of the system, a fifo.
func control(path string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteString("1")
	return err
}

type objects interface{ NewObjectWriter() object }

type object interface {
	io.WriteCloser
	Result() (string, error)
}

// The result is what counts.
func withResult(o objects, src io.Reader) (string, error) {
	w := o.NewObjectWriter()
	defer w.Close()
	if _, err := io.Copy(w, src); err != nil {
		return "", err
	}
	return w.Result()
}

// WriteTo of io.WriterTo writes elsewhere what it reads here.
func copiedOut(path string, out io.Writer) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.WriteTo(out)
	return err
}
