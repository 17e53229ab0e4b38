package ignored

import "sync"

var (
	mu sync.Mutex
	rw sync.RWMutex
)

type box struct {
	sync.Mutex
	n int
}

func statement() {
	mu.TryLock() // want "nobody looks at what `mu.TryLock()` gives"
	defer mu.Unlock()
}

func blank() {
	_ = mu.TryLock() // want
	defer mu.Unlock()
}

func readers() int {
	rw.TryRLock() // want "nobody looks at what `rw.TryRLock()` gives"
	defer rw.RUnlock()
	return 1
}

func deferred() {
	defer mu.TryLock() // want
	mu.Unlock()
}

func spawned() {
	go mu.TryLock() // want
}

func (b *box) inc() {
	b.TryLock() // want-types
	b.n++
	b.Unlock()
}

func inBranch(wait bool) {
	if wait {
		mu.Lock()
	} else {
		mu.TryLock() // want
	}
	mu.Unlock()
}

func inLiteral() {
	func() {
		(mu.TryLock()) // want
		mu.Unlock()
	}()
}

func writers() {
	rw.TryLock() // want
	rw.Unlock()
}
