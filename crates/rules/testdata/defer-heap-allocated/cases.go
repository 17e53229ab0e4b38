package heap

import "sync"

type store struct{ mu sync.Mutex }

func (s *store) done(int) {}

func ranges(s *store, ns []int) {
	for _, n := range ns {
		defer s.done(n) // want "it is in a loop"
	}
}

func endless(s *store) {
	for {
		s.mu.Lock()
		defer s.mu.Unlock() // want "it is in a loop"
	}
}

func jumps(s *store, n int) {
again:
	if n > 0 {
		defer s.done(n) // want "goto again"
		n--
		goto again
	}
}

// In a literal of its own it is as cheap as it gets.
func within(s *store, ns []int) {
	for range ns {
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
		}()
	}
}

// Records on the stack are no matter of this rule.
func nine(s *store) {
	defer s.done(1)
	defer s.done(2)
	defer s.done(3)
	defer s.done(4)
	defer s.done(5)
	defer s.done(6)
	defer s.done(7)
	defer s.done(8)
	defer s.done(9)
}
