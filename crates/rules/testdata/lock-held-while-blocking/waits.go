package waits

import (
	"sync"
	"time"
)

type server struct {
	mu     sync.Mutex
	rw     sync.RWMutex
	wg     sync.WaitGroup
	jobs   chan int
	errs   chan error
	events chan string
	conns  int
}

func (s *server) handle() {
	defer s.wg.Done()
	s.mu.Lock()
	s.conns--
	s.mu.Unlock()
}

func (s *server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.wg.Wait() // want "`s.wg.Wait()` waits with `s.mu` held, and `handle`, which calls `Done`, takes that lock: both may wait for ever"
}

func (s *server) loop() {
	for job := range s.jobs {
		s.mu.Lock()
		s.conns += job
		s.mu.Unlock()
	}
}

func (s *server) submit(job int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs <- job // want "`s.jobs <- job` waits with `s.mu` held, and `loop`, which receives, takes that lock"
}

func (s *server) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns == 0
}

// The lock is taken a call away.
func (s *server) watch() {
	for {
		err := <-s.errs
		if err == nil && s.isIdle() {
			return
		}
	}
}

func (s *server) fail(err error) {
	s.mu.Lock()
	s.errs <- err // want
	s.mu.Unlock()
}

func (s *server) emit(name string) {
	s.rw.RLock()
	defer s.rw.RUnlock()
	s.events <- name // want
}

func (s *server) drain() string {
	s.rw.Lock()
	defer s.rw.Unlock()
	return <-s.events // want "which sends, takes that lock"
}

func local() {
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	mu.Lock()
	for range 3 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			mu.Lock()
			n++
			mu.Unlock()
		}()
	}
	wg.Wait() // want
	mu.Unlock()
}

func localChannel() int {
	var mu sync.Mutex
	results := make(chan int)
	go func() {
		mu.Lock()
		results <- 1
		mu.Unlock()
	}()
	mu.Lock()
	n := <-results // want
	mu.Unlock()
	return n
}

func (s *server) either(extra chan int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	select { // want
	case s.jobs <- 1:
	case s.conns = <-extra:
	}
}

func (s *server) poll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.conns > 0 {
		time.Sleep(time.Millisecond) // want "keeps `s.mu` all the while"
	}
}
