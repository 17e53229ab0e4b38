package loops

import "sync"

type store struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	items map[string]int
}

func (s *store) sum(keys []string) (sum int) {
	for _, key := range keys {
		s.mu.Lock() // want "`s.mu.Lock()` comes round again with `s.mu` held until the function returns: the second round waits for ever"
		defer s.mu.Unlock()
		sum += s.items[key]
	}
	return sum
}

func (s *store) counted() {
	for i := 0; i < 3; i++ {
		s.mu.Lock() // want
		defer s.mu.Unlock()
		s.items[""]++
	}
}

func (s *store) forEver(keys chan string) {
	for {
		key, ok := <-keys
		if !ok {
			return
		}
		s.mu.Lock() // want
		defer s.mu.Unlock()
		s.items[key]++
	}
}

func (s *store) readers(keys []string) (sum int) {
	for _, key := range keys {
		s.rw.RLock() // want "each round takes it once more"
		defer s.rw.RUnlock()
		sum += s.items[key]
	}
	return sum
}

func (s *store) literal(keys []string) {
	for _, key := range keys {
		s.mu.Lock() // want
		defer func() {
			s.mu.Unlock()
		}()
		s.items[key] = 0
	}
}

func (s *store) jump(n int) {
again:
	s.mu.Lock() // want
	defer s.mu.Unlock()
	n--
	if n > 0 {
		goto again
	}
}

func (s *store) someRounds(keys []string) {
	for _, key := range keys {
		if key == "" {
			continue
		}
		s.mu.Lock() // want
		defer s.mu.Unlock()
		s.items[key]++
	}
}

// Each has a lock of its own, and all are held in the end.
func all(stores map[string]*store) (sum int) {
	for _, s := range stores {
		s.mu.Lock() // want "each round takes another lock by `s.mu.Lock()`, and all are held until the function returns"
		defer s.mu.Unlock()
		sum += len(s.items)
	}
	return sum
}

func byIndex(stores []*store) {
	for i := range stores {
		stores[i].mu.Lock() // want
		defer stores[i].mu.Unlock()
		clear(stores[i].items)
	}
}

var global sync.Mutex

func nested(rows [][]int) (sum int) {
	for _, row := range rows {
		for _, n := range row {
			global.Lock() // want
			defer global.Unlock()
			sum += n
		}
	}
	return sum
}
