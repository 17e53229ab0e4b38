package gaps

import "sync"

type store struct {
	mu     sync.Mutex
	onDrop func()
	n      int
}

func newStore() *store {
	s := &store{}
	s.onDrop = s.dropped
	return s
}

func (s *store) dropped() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.n--
}

// The function that the field holds takes the lock.
func (s *store) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.onDrop() // bug-missed
}

func (s *store) twice() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.Lock() // want
	s.mu.Unlock()
}
