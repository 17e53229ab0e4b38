package renamed

import "sync"

type evals struct {
	mu      sync.Mutex
	changes chan int
	n       int
}

func (e *evals) start() {
	go e.watch(e.changes)
}

// The channel goes by the name of a parameter here.
func (e *evals) watch(changes chan int) {
	for change := range changes {
		e.mu.Lock()
		e.n += change
		e.mu.Unlock()
	}
}

func (e *evals) unblock(n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.changes <- n // want
}

type calm struct {
	mu      sync.Mutex
	changes chan int
	done    chan int
	n       int
}

func (c *calm) start() {
	go c.watch(c.changes, c.done)
}

// What is received under the lock is another channel.
func (c *calm) watch(changes, done chan int) {
	for change := range changes {
		println(change)
	}
	<-done
}

func (c *calm) unblock(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.changes <- n
}

type mailbox struct {
	mu     sync.Mutex
	ch     chan int
	sealed bool
}

// One receiver does without the lock.
func (m *mailbox) send(n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.sealed {
		m.ch <- n
	}
}

func (m *mailbox) receive() int {
	return <-m.ch
}

func (m *mailbox) seal() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sealed = true
	for {
		select {
		case n := <-m.ch:
			println(n)
		default:
			return
		}
	}
}

// A channel of tokens.
type slots struct {
	mu    sync.Mutex
	slots chan struct{}
	n     int
}

func newSlots(n int) *slots {
	return &slots{slots: make(chan struct{}, n)}
}

func (s *slots) release() {
	s.mu.Lock()
	s.n--
	<-s.slots
	s.mu.Unlock()
}

func (s *slots) reserve() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.slots <- struct{}{}:
		s.n++
		return true
	default:
		return false
	}
}
