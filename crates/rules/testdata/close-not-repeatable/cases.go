package closes

import (
	"errors"
	"sync"
	"sync/atomic"
)

type server struct {
	mu     sync.Mutex
	once   sync.Once
	flag   atomic.Bool
	closed bool
	done   chan struct{}
	part   struct{ quit chan struct{} }
}

func (s *server) Stop() {
	close(s.done) // want "a second call of `Stop`"
}

type worker struct {
	server
	err error
}

func (w *worker) Close() error {
	close(w.part.quit) // want
	return w.err
}

type early struct{ quit chan struct{} }

func (e *early) Shutdown(flush func() error) error {
	err := flush()
	close(e.quit) // want
	return err
}

// What follows is right.

type a struct{ server }

func (a *a) Stop() {
	a.once.Do(func() { close(a.done) })
}

type b struct{ server }

func (b *b) Stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.done)
}

type c struct{ server }

func (c *c) Close() error {
	if c.closed {
		return errors.New("closed")
	}
	close(c.done)
	return nil
}

type d struct{ server }

func (d *d) Stop() {
	if d.flag.CompareAndSwap(false, true) {
		close(d.done)
	}
}

type e struct{ server }

func (e *e) Stop() {
	close(e.done)
	e.done = nil
}

type f struct{ server }

func (f *f) Stop() {
	select {
	case <-f.done:
	default:
		close(f.done)
	}
}

type g struct{ server }

func (g *g) finish() {
	close(g.done)
}

func Close(s *server) {
	close(s.done)
}

type h struct{ server }

func (h *h) Close(done chan struct{}) {
	close(done)
}
