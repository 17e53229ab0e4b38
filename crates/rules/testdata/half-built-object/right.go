package objects

import (
	"errors"
	"io"
	"net"
	"os"
)

type journal struct {
	f    *os.File
	size int64
}

func (j *journal) load() error {
	info, err := j.f.Stat()
	if err == nil {
		j.size = info.Size()
	}
	return err
}

func (j *journal) loadOrClose() error {
	if _, err := j.f.Stat(); err != nil {
		j.f.Close()
		return err
	}
	return nil
}

func (j *journal) fail(err error) error {
	j.shut()
	return err
}

func (j *journal) shut() { j.f.Close() }

func (j *journal) Close() error { return j.f.Close() }

func closesFile(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.load(); err != nil {
		f.Close()
		return nil, err
	}
	return j, nil
}

func closesObject(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.load(); err != nil {
		j.Close()
		return nil, err
	}
	return j, nil
}

func closesField(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.load(); err != nil {
		return nil, errors.Join(err, j.f.Close())
	}
	return j, nil
}

func closedByMethod(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.loadOrClose(); err != nil {
		return nil, err
	}
	return j, nil
}

func closedByHelper(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	if err := j.load(); err != nil {
		return nil, j.fail(err)
	}
	return j, nil
}

func deferred(path string) (j *journal, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	j = &journal{f: f}
	if err := j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

func returnsBoth(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	return j, j.load()
}

func withoutFailing(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &journal{f: f}, nil
}

var all []*journal

func registered(path string) (*journal, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	j := &journal{f: f}
	all = append(all, j)
	if err := j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

type server struct {
	l    net.Listener
	done chan bool
}

func (s *server) serve() {
	defer s.l.Close()
	<-s.done
}

func serving(addr string, check func() error) (*server, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &server{l: l, done: make(chan bool)}
	go s.serve()
	if err := check(); err != nil {
		close(s.done)
		return nil, err
	}
	return s, nil
}

func borrowed(f *os.File) (*journal, error) {
	j := &journal{f: f}
	if err := j.load(); err != nil {
		return nil, err
	}
	return j, nil
}

type reader struct{ r io.Reader }

func (r *reader) first() error {
	_, err := r.r.Read(make([]byte, 1))
	return err
}

func deferredClose(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r := &reader{f}
	return r.first()
}

func keptByReceiver(s *server, addr string) error {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	s.l = l
	if s.done == nil {
		return errors.New("no channel")
	}
	return nil
}
