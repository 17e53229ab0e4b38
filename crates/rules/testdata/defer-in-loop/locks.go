package locks

import "sync"

type shard struct {
	mu   sync.RWMutex
	size int
}

type store struct {
	mu     sync.Mutex
	shards []*shard
	byName map[string]*shard
	locks  [16]sync.Mutex
}

func (s *store) deadlock(keys []string) {
	for range keys {
		s.mu.Lock()
		defer s.mu.Unlock() // want "the second iteration waits for ever for a lock that the first still holds"
	}
}

// A bound does not help: the second iteration waits already.
func (s *store) twice() {
	for range 2 {
		s.mu.Lock()
		defer s.mu.Unlock() // want "waits for ever"
	}
}

func global() {
	for i := 0; i < 10; i++ {
		mu.Lock()
		defer mu.Unlock() // want "waits for ever"
	}
}

var mu sync.Mutex

func (s *store) fetched(get func(string) *shard, keys []string) (total int) {
	for _, key := range keys {
		part := get(key)
		part.mu.RLock()
		defer part.mu.RUnlock() // want "the locks that every iteration takes stay locked"
		total += part.size
	}
	return total
}

// All shards are locked together on purpose.
func (s *store) snapshot() (total int) {
	for _, shard := range s.shards {
		shard.mu.Lock()
		defer shard.mu.Unlock()
	}
	for _, shard := range s.shards {
		total += shard.size
	}
	return total
}

func (s *store) byKey() (total int) {
	for name := range s.byName {
		shard := s.byName[name]
		shard.mu.RLock()
		defer shard.mu.RUnlock()
		total += shard.size
	}
	return total
}

func (s *store) all(visit func()) {
	for i := range s.locks {
		s.locks[i].Lock()
		defer s.locks[i].Unlock()
	}
	visit()
}

func (s *store) each(visit func(*shard)) {
	for _, shard := range s.shards {
		func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			visit(shard)
		}()
	}
}

// The lock is taken in the iteration that leaves.
func (s *store) find(name string) *shard {
	for key, shard := range s.byName {
		if key == name {
			shard.mu.Lock()
			defer shard.mu.Unlock()
			shard.size++
			return shard
		}
	}
	return nil
}
