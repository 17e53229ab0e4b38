package unknown

import "example.com/elsewhere/store"

// A lock type that is not known has two kinds when the function itself shows it.

func twoKinds(s *store.Store, all bool) int {
	s.RLock()
	if !all {
		n := s.Len()
		s.RUnlock()
		return n
	}
	n := s.LenAll()
	s.Unlock() // want "`s.Unlock()` gives back a lock that was taken with `RLock`: readers and writers are counted apart, so it stays taken"
	return n
}

func perhapsOneKind(s *store.Store) int {
	s.RLock()
	defer s.Unlock()
	return s.Len()
}
