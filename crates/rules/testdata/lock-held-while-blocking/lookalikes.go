package lookalikes

import (
	"context"
	"sync"
	"time"
)

type server struct {
	mu       sync.Mutex
	side     sync.Mutex
	wg       sync.WaitGroup
	jobs     chan int
	counted  chan int
	token    chan struct{}
	quit     chan struct{}
	nobody   chan int
	cond     *sync.Cond
	conns    int
	finished bool
}

func newServer() *server {
	return &server{
		jobs:    make(chan int),
		counted: make(chan int, 1),
		token:   make(chan struct{}),
	}
}

func (s *server) handle() {
	defer s.wg.Done()
	s.mu.Lock()
	s.conns--
	s.mu.Unlock()
}

func (s *server) loop() {
	for job := range s.jobs {
		s.mu.Lock()
		s.conns += job + <-s.counted
		s.mu.Unlock()
	}
}

func (s *server) afterwards() {
	s.mu.Lock()
	s.finished = true
	s.mu.Unlock()
	s.wg.Wait()
}

func (s *server) otherLock() {
	s.side.Lock()
	defer s.side.Unlock()
	s.wg.Wait()
}

func (s *server) givenBack(job int) {
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	s.jobs <- job
}

func (s *server) withDefault(job int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.jobs <- job:
		return true
	default:
		return false
	}
}

func (s *server) withContext(ctx context.Context, job int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.jobs <- job:
	case <-ctx.Done():
	}
}

func (s *server) withTimeout(job int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.jobs <- job:
	case <-time.After(time.Second):
	}
}

func (s *server) untilQuit(job int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case s.jobs <- job:
	case <-s.quit:
	}
}

// There is room for it.
func (s *server) roomy() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counted <- 1
}

// Who is at the other end does not need the lock.
func (s *server) unknownReader(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.nobody <- n
}

func (s *server) read() int { return <-s.nobody }

// The channel is a lock itself.
func (s *server) withToken() {
	<-s.token
	s.mu.Lock()
	s.conns++
	s.mu.Unlock()
	s.token <- struct{}{}
}

func (s *server) alsoWithToken() {
	s.mu.Lock()
	defer s.mu.Unlock()
	<-s.token
	s.token <- struct{}{}
}

func (s *server) condition() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.finished {
		s.cond.Wait()
	}
}

func (s *server) nap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	time.Sleep(time.Millisecond)
}

func (s *server) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.jobs) > 0 {
		return <-s.jobs
	}
	return 0
}

func (s *server) inGoroutine(job int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	go func() { s.jobs <- job }()
	go s.wg.Wait()
}

func localWait(work []func()) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, f := range work {
		wg.Add(1)
		go func() {
			defer wg.Done()
			f()
		}()
	}
	mu.Lock()
	defer mu.Unlock()
	wg.Wait()
}
