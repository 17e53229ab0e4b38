package lookalikes

import "sync"

type store struct {
	mu     sync.Mutex
	parent *store
	items  map[string]int
}

func (s *store) outside(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, key := range keys {
		s.items[key]++
	}
}

func (s *store) perRound(keys []string) {
	for _, key := range keys {
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.items[key]++
		}()
	}
}

func (s *store) byHand(keys []string) {
	for _, key := range keys {
		s.mu.Lock()
		s.items[key]++
		s.mu.Unlock()
	}
}

// The round that takes the lock is the last.
func (s *store) leaves(keys []string) int {
	for _, key := range keys {
		if key != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.items[key]
		}
	}
	return 0
}

func (s *store) breaks(keys []string) {
	for _, key := range keys {
		if key == "" {
			continue
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.items[key]++
		break
	}
}

func (s *store) goroutines(keys []string) {
	for _, key := range keys {
		go func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.items[key]++
		}()
	}
}

// Taken in the first round only.
func (s *store) firstRound(keys []string) {
	n := 0
	for _, key := range keys {
		n++
		if n == 1 {
			s.mu.Lock()
			defer s.mu.Unlock()
		}
		s.items[key]++
	}
}

func (s *store) whenNeeded(keys []string) {
	locked := false
	for _, key := range keys {
		if !locked {
			s.mu.Lock()
			defer s.mu.Unlock()
			locked = true
		}
		s.items[key]++
	}
}

// From the child to its parents, always in this order.
func (s *store) upwards() (n int) {
	for at := s; at != nil; at = at.parent {
		at.mu.Lock()
		defer at.mu.Unlock()
		n++
	}
	return n
}

func (s *store) endsWell(work chan func() error) error {
	for {
		if err := (<-work)(); err != nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.items = nil
			return err
		}
	}
}

func (s *store) deferOutside(keys []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range keys {
		s.mu.Unlock()
		s.mu.Lock()
	}
}

func (s *store) switched(keys []string) {
	for _, key := range keys {
		switch key {
		case "":
			continue
		default:
			s.mu.Lock()
			defer s.mu.Unlock()
			s.items[key]++
			return
		}
	}
}

// One of the elements at most equals the constant.
func (s *store) oneOfThem() {
	for _, dump := range []string{"heap", "cpu"} {
		if dump == "cpu" {
			s.mu.Lock()
			defer s.mu.Unlock()
		}
	}
}
