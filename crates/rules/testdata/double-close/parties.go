package closes

import (
	"errors"
	"sync"
)

// A goroutine and the function that started it both come to close.

type either struct {
	a, b chan struct{}
	done chan struct{}
}

func (e *either) close() {
	select {
	case <-e.done:
	default:
		close(e.done) // want "may both find"
	}
}

func (e *either) listen() {
	select {
	case <-e.a:
		e.close()
	case <-e.b:
		e.close()
	case <-e.done:
	}
}

func (e *either) use(work func()) {
	defer e.close()
	go e.listen()
	work()
}

type client struct {
	stop chan struct{}
	mu   sync.Mutex
	rest chan int
}

func (c *client) Disconnect() {
	select {
	case <-c.stop:
	default:
		close(c.stop) // want "may both find"
	}
}

func (c *client) connect(lost <-chan error) {
	go func() {
		<-lost
		c.Disconnect()
	}()
}

// Both are goroutines.

type pair struct{ done chan struct{} }

func (p *pair) end() {
	select {
	case <-p.done:
	default:
		close(p.done) // want "may both find"
	}
}

func (p *pair) listen(lost <-chan error) {
	<-lost
	p.end()
}

func (p *pair) loop(lost <-chan error) {
	go p.listen(lost)
	defer p.end()
}

func startPair(lost <-chan error) {
	p := &pair{done: make(chan struct{})}
	go p.loop(lost)
}

// Nobody in the package calls it from a goroutine.

type quiet struct{ stop chan struct{} }

func (q *quiet) Stop() {
	select {
	case <-q.stop:
	default:
		close(q.stop)
	}
}

func (q *quiet) twice() {
	q.Stop()
	q.Stop()
}

// Both hold the lock.

type guarded struct {
	mu   sync.Mutex
	stop chan struct{}
}

func (g *guarded) end() {
	select {
	case <-g.stop:
	default:
		close(g.stop)
	}
}

func (g *guarded) Close() {
	g.mu.Lock()
	g.end()
	g.mu.Unlock()
}

func (g *guarded) run(lost <-chan error) {
	go func() {
		<-lost
		g.mu.Lock()
		defer g.mu.Unlock()
		g.end()
	}()
}

// Only the goroutine closes.

type single struct{ stop chan struct{} }

func (s *single) end() {
	select {
	case <-s.stop:
	default:
		close(s.stop)
	}
}

func (s *single) run() {
	go func() {
		defer s.end()
	}()
}

// What is taken out is not asked for.
func (c *client) empty() {
	for {
		select {
		case <-c.rest:
		default:
			close(c.rest)
			return
		}
	}
}

func (c *client) emptied(lost <-chan error) {
	go c.empty()
	c.empty()
}

// A function closes what it is given, and so does its caller.

var errLate = errors.New("late")

func watch(name string, done chan struct{}) error {
	if name == "" {
		close(done)
		return errLate
	}
	go func() { <-done }()
	return nil
}

func end(done chan struct{}) { close(done) }

func wait(done chan struct{}) { <-done }

func closesAfterCallee(name string) error {
	done := make(chan struct{})
	defer close(done) // want "`watch` closes `done` too"
	if err := watch(name, done); err != nil {
		return err
	}
	return nil
}

func closesTwiceInARow() {
	done := make(chan struct{})
	end(done)
	close(done) // want "`end` closes `done` too"
}

func closesOnlyWhenStarted(name string) error {
	done := make(chan struct{})
	if err := watch(name, done); err != nil {
		return err
	}
	close(done)
	return nil
}

func defersOnceStarted(name string) error {
	done := make(chan struct{})
	if err := watch(name, done); err != nil {
		return err
	}
	defer close(done)
	return nil
}

func lendsIt() {
	done := make(chan struct{})
	defer close(done)
	go wait(done)
}

func leavesItToTheOther() {
	done := make(chan struct{})
	end(done)
}

func closesAnother() {
	done, other := make(chan struct{}), make(chan struct{})
	defer close(other)
	end(done)
}

// A channel out of a map that keeps it.

type session struct {
	mu      sync.Mutex
	waiting map[string]chan struct{}
	streams map[int]chan int
	once    map[int]chan int
	byOwner map[int]chan int
}

func (s *session) Pong(key string) {
	s.mu.Lock()
	c, ok := s.waiting[key]
	s.mu.Unlock()
	if ok {
		close(c) // want "`c` stays in `waiting`"
	}
}

func (s *session) Ping(key string) {
	c := make(chan struct{})
	s.mu.Lock()
	s.waiting[key] = c
	s.mu.Unlock()
	<-c
	delete(s.waiting, key)
}

func (s *session) End(id int) {
	if c, ok := s.streams[id]; ok {
		close(c)
		delete(s.streams, id)
	}
}

func (s *session) Replace(id int) {
	c := s.once[id]
	s.once[id] = make(chan int)
	close(c)
}

func (s *session) stop(id int) {
	c := s.byOwner[id]
	close(c)
}

func (s *session) Remove(id int) {
	s.stop(id)
	delete(s.byOwner, id)
}

func (s *session) Drop(id int) {
	c := s.byOwner[id]
	s.forget(id)
	close(c)
}

func (s *session) forget(id int) { delete(s.byOwner, id) }

func (s *session) unused(id int) {
	c := s.streams[id]
	close(c)
}

type monitors struct {
	mu   sync.Mutex
	stop map[string]chan struct{}
}

func (m *monitors) Stop(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stop, ok := m.stop[name]
	if !ok {
		return
	}
	select {
	case <-stop:
		// Closed already.
	default:
		close(stop)
	}
}

func (m *monitors) Restart(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	stop, ok := m.stop[name]
	if !ok {
		return
	}
	select {
	case <-stop:
	default:
	}
	close(stop) // want "stays in `stop`"
}

// Not seen: the callbacks run in goroutines of another package.

type peer struct{ ready chan struct{} }

func (p *peer) onceReady() {
	select {
	case <-p.ready:
	default:
		close(p.ready) // bug-missed
	}
}

func (p *peer) listen(onOpen, onMessage func(func())) {
	onOpen(func() { p.onceReady() })
	onMessage(func() { p.onceReady() })
}
