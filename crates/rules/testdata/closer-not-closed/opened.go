package closers

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
)

// A store opens its file by a method of its own.
type store struct {
	path string
	file *os.File
}

func newStore(path string) (*store, error) {
	s := &store{path: path}
	if err := s.open(); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *store) open() error {
	f, err := os.Open(s.path)
	if err != nil {
		return err
	}
	s.file = f
	return nil
}

func (s *store) Close() error { return s.file.Close() }

func (s *store) first() (byte, error) {
	var one [1]byte
	_, err := s.file.Read(one[:])
	return one[0], err
}

func firstOf(path string) (byte, error) {
	s, err := newStore(path) // want "the closer `s` that `newStore(…)` gives is never closed"
	if err != nil {
		return 0, err
	}
	return s.first()
}

func firstOfClosed(path string) (byte, error) {
	s, err := newStore(path)
	if err != nil {
		return 0, err
	}
	defer s.Close()
	return s.first()
}

// Nobody asked it to open.
func pathOf(path string) string {
	s := &store{path: path}
	return s.path
}

func opensByHand(path string) (byte, error) {
	s := &store{path: path}
	if err := s.open(); err != nil { // want
		return 0, err
	}
	return s.first()
}

func opensAndKeeps(all map[string]*store, path string) error {
	s := &store{path: path}
	if err := s.open(); err != nil {
		return err
	}
	all[path] = s
	return nil
}

// A log opens its file when it first writes, and again after a rotation.
type rolling struct {
	path string
	file *os.File
}

func (r *rolling) Write(p []byte) (int, error) {
	if r.file == nil {
		f, err := os.Create(r.path)
		if err != nil {
			return 0, err
		}
		r.file = f
	}
	return r.file.Write(p)
}

func (r *rolling) Close() error { return r.file.Close() }

func writesOnce(path string, p []byte) error {
	r := &rolling{path: path}
	_, err := r.Write(p)
	return err
}

// What wraps a stream and cannot be closed takes nothing over.
type scanner struct {
	in   io.Reader
	line int
}

func newScanner(in io.Reader) *scanner { return &scanner{in: in} }

func (s *scanner) next() (string, error) {
	var buf [16]byte
	n, err := s.in.Read(buf[:])
	s.line++
	return string(buf[:n]), err
}

func scans(in io.Reader) (string, error) {
	s := newScanner(in)
	return s.next()
}

type source struct{ io.Closer }

func (s *source) Read(p []byte) (int, error) { return 0, io.EOF }

func openSource(path string) (*source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &source{Closer: f}, nil
}

func scansSource(path string) (string, error) {
	in, err := openSource(path) // want-types "is never closed"
	if err != nil {
		return "", err
	}
	return scans(in)
}

// What wraps a stream and can be closed may close it.
type closing struct{ in io.Reader }

func (c *closing) Close() error {
	if in, ok := c.in.(io.Closer); ok {
		return in.Close()
	}
	return nil
}

func newClosing(in io.Reader) *closing { return &closing{in: in} }

func closesSource(path string) (err error) {
	in, err := openSource(path)
	if err != nil {
		return err
	}
	c := newClosing(in)
	defer func() { err = errors.Join(err, c.Close()) }()
	_, err = io.Copy(io.Discard, strings.NewReader(path))
	return err
}

// A request closes its body, also within something else.
type answer struct {
	resp *http.Response
	req  *http.Request
}

func ask(c *http.Client, u string, body io.Reader) (*answer, error) {
	req, err := http.NewRequest(http.MethodPost, u, body)
	if err != nil {
		return nil, err
	}
	resp, err := c.Do(req)
	return &answer{resp: resp, req: req}, err
}

func asksWithSource(c *http.Client, u, path string) (int, error) {
	in, err := openSource(path)
	if err != nil {
		return 0, err
	}
	a, err := ask(c, u, in)
	if err != nil {
		return 0, err
	}
	defer a.resp.Body.Close()
	return a.resp.StatusCode, nil
}
