package between

import "errors"
import "sync"

type store struct {
	mu     sync.Mutex
	guard  sync.Mutex
	handed sync.Mutex
	n      int
}

var errEmpty = errors.New("empty")

// What comes back with the lock counts as taking it.
func (s *store) lockStore() {
	s.mu.Lock()
}

func (s *store) unlockStore() {
	s.mu.Unlock()
}

func (s *store) viaWrappers() int {
	s.lockStore() // want "the lock that `s.lockStore()` takes"
	if s.n == 0 {
		return -1
	}
	n := s.n
	s.unlockStore()
	return n
}

func (s *store) viaWrappersRight() int {
	s.lockStore()
	defer s.unlockStore()
	if s.n == 0 {
		return -1
	}
	return s.n
}

// Succeeds with the lock, and gives it back when it fails.
func (s *store) begin() error {
	s.guard.Lock()
	if s.n == 0 {
		s.guard.Unlock()
		return errEmpty
	}
	return nil
}

func (s *store) end() {
	s.guard.Unlock()
}

func (s *store) work() error {
	if err := s.begin(); err != nil {
		return err
	}
	defer s.end()
	s.n--
	return nil
}

func (s *store) workAndForget() error {
	err := s.begin() // want
	if err != nil {
		return err
	}
	if s.n == 1 {
		return errEmpty
	}
	s.end()
	return nil
}

// Comes back with the lock when it succeeds, and when it fails as well.
func (s *store) open() (*store, error) {
	s.handed.Lock() // want
	if s.n == 0 {
		return nil, errEmpty
	}
	return s, nil
}

func (s *store) close() {
	s.handed.Unlock()
}

// A goroutine of the called function gives it back.
func (s *store) handOn(n int) {
	s.n = n
	go func() {
		defer s.mu.Unlock()
		s.n++
	}()
}

func (s *store) viaGoroutine(n int) error {
	s.mu.Lock()
	if n == 0 {
		s.mu.Unlock()
		return errEmpty
	}
	s.handOn(n)
	return nil
}
