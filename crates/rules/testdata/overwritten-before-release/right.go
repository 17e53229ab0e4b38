package overwritten

import (
	"net"
	"os"
	"sync"
)

func inTurn(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		return err
	}
	f.Close()
	f, err = os.Open(b)
	if err != nil {
		return err
	}
	return f.Close()
}

func failedFirst(a, b string) error {
	f, err := os.Open(a)
	if err != nil {
		f, err = os.Open(b)
		if err != nil {
			return err
		}
	}
	return f.Close()
}

func kept(paths []string) (files []*os.File, err error) {
	var f *os.File
	for _, path := range paths {
		f, err = os.Open(path)
		if err != nil {
			return files, err
		}
		files = append(files, f)
	}
	return files, nil
}

func closedInLoop(paths []string) error {
	var f *os.File
	for _, path := range paths {
		var err error
		if f != nil {
			f.Close()
		}
		f, err = os.Open(path)
		if err != nil {
			return err
		}
	}
	if f != nil {
		return f.Close()
	}
	return nil
}

// Opens once.
type once struct{ a *os.File }

func (o *once) Close() error { return o.a.Close() }

func (o *once) Open(path string) (err error) {
	o.a, err = os.Open(path)
	return err
}

// Nothing else sets the field: it may be the first.
type only struct{ b *os.File }

func (o *only) Close() error { return o.b.Close() }

func (o *only) resetTo(path string) (err error) {
	o.b, err = os.Open(path)
	return err
}

type closes struct{ c *os.File }

func newCloses(path string) (*closes, error) {
	f, err := os.Open(path)
	return &closes{c: f}, err
}

func (o *closes) Close() error { return o.c.Close() }

func (o *closes) rotate(path string) error {
	o.c.Close()
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	o.c = f
	return nil
}

func (o *closes) rotateByMethod(path string) error {
	if err := o.Close(); err != nil {
		return err
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	o.c = f
	return nil
}

func (o *closes) swap(path string) (*os.File, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	old := o.c
	o.c = f
	return old, nil
}

func (o *closes) replaceAfter(path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer o.c.Close()
	o.c = f
	return nil
}

func (o *closes) reopenIfNone(path string) error {
	if o.c != nil {
		return nil
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	o.c = f
	return nil
}

// Whoever calls it has closed.
type byCaller struct{ d *os.File }

func newByCaller(path string) (*byCaller, error) {
	f, err := os.Open(path)
	return &byCaller{d: f}, err
}

func (o *byCaller) Close() error { return o.d.Close() }

func (o *byCaller) nextFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	o.d = f
	return nil
}

func (o *byCaller) Read(path string, p []byte) (int, error) {
	n, err := o.d.Read(p)
	if err == nil {
		return n, nil
	}
	o.d.Close()
	return n, o.nextFile(path)
}

// A loop that closes what it opened.
type rounds struct{ conn net.Conn }

func (r *rounds) close() { r.conn.Close() }

func (r *rounds) attempt(addr string) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	r.conn = conn
	return nil
}

func (r *rounds) loop(addrs []string) {
	for _, addr := range addrs {
		if err := r.attempt(addr); err != nil {
			continue
		}
		r.conn.Write([]byte("hello"))
		r.close()
	}
}

// A state says whether it is open.
type stateful struct {
	isOpen bool
	e      *os.File
}

func newStateful(path string) *stateful {
	f, _ := os.Open(path)
	return &stateful{isOpen: f != nil, e: f}
}

func (s *stateful) Close() { s.e.Close(); s.isOpen = false }

func (s *stateful) refresh(path string) error {
	if s.isOpen {
		return nil
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	s.e = f
	return nil
}

// Once.
type lazily struct {
	once sync.Once
	g    *os.File
}

func newLazily(f *os.File) *lazily { return &lazily{g: f} }

func (l *lazily) Close() { l.g.Close() }

func (l *lazily) switchTo(path string) {
	l.once.Do(func() {
		f, err := os.Open(path)
		if err == nil {
			l.g = f
		}
	})
}

// Another function gets the receiver, and may close.
type handed struct{ h *os.File }

func newHanded(f *os.File) *handed { return &handed{h: f} }

func (o *handed) Close() { o.h.Close() }

func finishHanded(o *handed) { o.h.Close() }

func (o *handed) rotate(path string) error {
	finishHanded(o)
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	o.h = f
	return nil
}

// Each has its own.
type many struct{ files map[string]*os.File }

func (m *many) Close() {
	for _, f := range m.files {
		f.Close()
	}
}

func (m *many) reset(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	m.files[path] = f
	return nil
}

// Nothing in the type closes it: another rule's matter.
type borrower struct{ i *os.File }

func newBorrower(f *os.File) *borrower { return &borrower{i: f} }

func (b *borrower) File() *os.File { return b.i }

func (b *borrower) change(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	b.i = f
	return nil
}

// The loop goes on only when nothing was opened.
type patient struct{ j *os.File }

func (p *patient) Close() { p.j.Close() }

func (p *patient) attempt(path string) {
	var err error
	for {
		p.j, err = os.Open(path)
		if err == nil {
			return
		}
	}
}

// An error of some type is an error.
func accept(ln net.Listener) (net.Conn, error) {
	for {
		conn, err := ln.Accept()
		if t, ok := err.(net.Error); ok && t.Timeout() {
			continue
		}
		return conn, err
	}
}
