package pipes

import (
	"io"
	"os"
	"os/exec"
)

func bothClosed() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	defer w.Close()
	return nil
}

func writerInGoroutine(data []byte) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := w.Write(data)
		w.CloseWithError(err)
	}()
	return r
}

func deferredInGoroutine(data []byte) io.ReadCloser {
	r, w := io.Pipe()
	go func() {
		defer w.Close()
		w.Write(data)
	}()
	return r
}

func produce(w *io.PipeWriter, data []byte) {
	defer w.Close()
	w.Write(data)
}

func helperInGoroutine(data []byte) io.Reader {
	r, w := io.Pipe()
	go produce(w, data)
	return r
}

func toCommand(name string) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd := exec.Command(name)
	cmd.Stdout = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		r.Close()
		return err
	}
	_, err = io.Copy(io.Discard, r)
	r.Close()
	return err
}

func stdin(data []byte) error {
	cmd := exec.Command("sort")
	in, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		in.Close()
		return err
	}
	go func() {
		defer in.Close()
		in.Write(data)
	}()
	return cmd.Wait()
}

// Wait closes what StdoutPipe gave.
func stdout(name string) ([]byte, error) {
	cmd := exec.Command(name)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	data, err := io.ReadAll(out)
	if err != nil {
		return nil, err
	}
	return data, cmd.Wait()
}

type link struct {
	r *io.PipeReader
	w *io.PipeWriter
}

func newLink() *link {
	r, w := io.Pipe()
	return &link{r, w}
}

func newLinkByFields() *link {
	l := &link{}
	l.r, l.w = io.Pipe()
	return l
}

func (l *link) Close() error {
	l.r.Close()
	return l.w.Close()
}

func bothGiven() (*os.File, *os.File, error) {
	return os.Pipe()
}

func bothGivenByName() (r, w *os.File, err error) {
	r, w, err = os.Pipe()
	return
}

func readerCloses(w io.Writer) io.WriteCloser {
	pr, pw := io.Pipe()
	go func() {
		_, err := io.Copy(w, pr)
		pr.CloseWithError(err)
	}()
	return pw
}

func ends(closers []io.Closer) []io.Closer {
	r, w := io.Pipe()
	return append(closers, r, w)
}

func selectTakes(ch chan<- *os.File, stop <-chan struct{}) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	select {
	case ch <- r:
		return nil
	case <-stop:
		return r.Close()
	}
}

func cleanupFunc() (func(), error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return func() {
		r.Close()
		w.Close()
	}, nil
}

// It closes what it returns when the copy has ended.
func feeding(from io.Reader, copies bool) (*io.PipeReader, *io.PipeWriter) {
	pr, pw := io.Pipe()
	if copies {
		go func() {
			defer pw.Close()
			io.Copy(pw, from)
		}()
	}
	return pr, pw
}

func fed(from io.Reader) (*io.PipeReader, error) {
	pr, _ := feeding(from, true)
	return pr, nil
}
