package lookalikes

import "sync"

type store struct {
	mu   sync.Mutex
	rw   sync.RWMutex
	next *store
	keys []string
	all  []*store
}

func (s *store) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.keys)
}

func (s *store) after() int {
	s.mu.Lock()
	s.keys = nil
	s.mu.Unlock()
	return s.Len()
}

func (s *store) before() int {
	n := s.Len()
	s.mu.Lock()
	defer s.mu.Unlock()
	return n + len(s.keys)
}

// Another value of the same type.
func (s *store) other(o *store) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return o.Len()
}

func (s *store) chain() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		return 0
	}
	return s.next.Len()
}

func (s *store) handOverHand() {
	at := s
	at.mu.Lock()
	for at.next != nil {
		next := at.next
		next.mu.Lock()
		at.mu.Unlock()
		at = next
	}
	at.mu.Unlock()
}

// The caller says whether it is to be taken.
func (s *store) size(locked bool) int {
	if !locked {
		s.mu.Lock()
		defer s.mu.Unlock()
	}
	return len(s.keys)
}

func (s *store) useSize() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.size(true)
}

// Only without an argument.
func (s *store) lookUp(hint *int) int {
	if hint == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.keys)
	}
	return *hint
}

func (s *store) useHint(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lookUp(&n)
}

// The callee gives it back for a while.
func (s *store) pause(work func()) {
	s.mu.Unlock()
	work()
	s.mu.Lock()
}

func (s *store) usePause(work func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause(work)
	s.keys = nil
}

func (s *store) upgrade() {
	s.rw.RLock()
	missing := s.keys == nil
	s.rw.RUnlock()
	if missing {
		s.rw.Lock()
		s.keys = []string{}
		s.rw.Unlock()
	}
}

func (s *store) inGoroutine() {
	s.mu.Lock()
	defer s.mu.Unlock()
	go func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.keys = nil
	}()
	go s.Len()
}

func (s *store) stored() func() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return func() int { return s.Len() }
}

func (s *store) eachOne() (n int) {
	for _, o := range s.all {
		o.mu.Lock()
		n += len(o.keys)
		o.mu.Unlock()
	}
	return n
}

func (s *store) correlated(big bool) {
	if big {
		s.mu.Lock()
		s.keys = nil
		s.mu.Unlock()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
}

// The variable means another store now.
func (s *store) moved(o *store) {
	at := s
	at.mu.Lock()
	at = o
	at.mu.Lock()
	at.mu.Unlock()
	s.mu.Unlock()
}

func (s *store) retry() {
	for range 3 {
		s.mu.Lock()
		if s.keys != nil {
			s.mu.Unlock()
			return
		}
		s.mu.Unlock()
	}
}

func (s *store) tryAgain() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mu.TryLock()
}

// Deferred calls run after the lock is given back: the first comes last.
func (s *store) deferredFirst() {
	defer s.Len()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = nil
}

type reentrant struct {
	owner int
	depth int
}

func (r *reentrant) Lock()   { r.depth++ }
func (r *reentrant) Unlock() { r.depth-- }

func nested(r *reentrant) {
	r.Lock()
	r.Lock()
	r.Unlock()
	r.Unlock()
}

type outer struct {
	mu sync.Mutex
	part
}

type part struct {
	lock sync.Mutex
	n    int
}

func (p *part) bump() {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.n++
}

// The promoted method takes the lock of the part.
func (o *outer) bumpAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.bump()
}
