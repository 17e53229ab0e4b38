package empty

import "sync"

type registry struct {
	mu    sync.Mutex
	rw    sync.RWMutex
	names []string
}

func (r *registry) add(name string) {
	r.mu.Lock() // want
	r.mu.Unlock()
	r.names = append(r.names, name)
}

func (r *registry) size() int {
	r.rw.RLock() // want
	r.rw.RUnlock()
	return len(r.names)
}

func (r *registry) reset() {
	r.names = nil
	r.mu.Lock() // want
	r.mu.Unlock()
}

type counter struct {
	sync.Mutex
	n int
}

func (c *counter) next() int {
	c.Lock() // want
	c.Unlock()
	c.n++
	return c.n
}

// The mutex has a name with and without the field it is embedded as.
func (c *counter) set(n int) {
	c.Lock() // want
	c.Mutex.Unlock()
	c.n = n
}

var (
	mu     sync.Mutex
	config map[string]string
)

func load(fresh map[string]string) {
	mu.Lock() // want
	mu.Unlock()
	config = fresh
}

func conditional(r *registry, name string) {
	if name != "" {
		r.mu.Lock() // want
		r.mu.Unlock()
		r.names = append(r.names, name)
	}
}

func inCase(r *registry, kind int) {
	switch kind {
	case 1:
		r.mu.Lock() // want
		r.mu.Unlock()
		r.names = nil
	}
}

func inSelect(r *registry, names <-chan string) {
	select {
	case name := <-names:
		r.mu.Lock() // want
		r.mu.Unlock()
		r.names = append(r.names, name)
	default:
	}
}

func inLoop(r *registry, names []string) {
	for _, name := range names {
		r.mu.Lock() // want
		r.mu.Unlock()
		r.names = append(r.names, name)
	}
}

func inGoroutine(r *registry, name string) {
	go func() {
		r.mu.Lock() // want
		r.mu.Unlock()
		r.names = append(r.names, name)
	}()
}

func behindInterface(l sync.Locker, work func()) {
	l.Lock() // want
	l.Unlock()
	work()
}

func oneLine(r *registry) {
	r.mu.Lock(); r.mu.Unlock() // want
	r.names = nil
}

func again(r *registry) {
	r.mu.Lock() // want
	r.mu.Unlock()
	r.names = nil
	r.mu.Lock()
	defer r.mu.Unlock()
	r.names = append(r.names, "")
}

func (r *registry) lock() *sync.Mutex { return &r.mu }

func byGetter(r *registry) {
	r.lock().Lock() // want
	r.lock().Unlock()
	r.names = nil
}

func locker(l sync.Locker, r *registry) {
	l.Lock() // want
	l.Unlock()
	r.names = nil
}

func marked(r *registry) {
	r.mu.Lock() // want
	/*! a checker's test says what is to be found here */
	r.mu.Unlock()
	r.names = nil
}
