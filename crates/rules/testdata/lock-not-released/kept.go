package kept

import (
	"errors"
	"sync"
)

type pool struct {
	mu     sync.Mutex
	state  sync.RWMutex
	items  map[string]int
	closed bool
	pages  []*page
}

type page struct {
	mu   sync.Mutex
	data []byte
}

var errGone = errors.New("gone")

func (p *pool) earlyReturn(key string) (int, error) {
	p.mu.Lock() // want "`p.mu.Lock()` is not undone on every path: the function returns with `p.mu` held, and the next who wants it waits for ever"
	item, ok := p.items[key]
	if !ok {
		return 0, errGone
	}
	p.mu.Unlock()
	return item, nil
}

func (p *pool) never(key string, item int) {
	p.mu.Lock() // want "`p.mu.Lock()` is never undone"
	p.items[key] = item
}

func (p *pool) reader(key string) int {
	p.state.RLock() // want
	if p.closed {
		return 0
	}
	item := p.items[key]
	p.state.RUnlock()
	return item
}

func (p *pool) branches(kind int) string {
	p.mu.Lock() // want
	switch kind {
	case 0:
		p.mu.Unlock()
		return "none"
	case 1:
		return "one"
	default:
		p.mu.Unlock()
	}
	return "many"
}

// A `continue` leaves the round with the lock.
func (p *pool) round(keys []string) (sum int) {
	for _, key := range keys {
		p.mu.Lock() // want
		item, ok := p.items[key]
		if !ok {
			continue
		}
		sum += item
		p.mu.Unlock()
	}
	return sum
}

func (p *pool) forEver(keys chan string) {
	for {
		p.mu.Lock() // want "the loop comes round to `p.mu.Lock()` with `p.mu` still held"
		key, ok := <-keys
		if ok {
			p.items[key]++
		}
	}
}

// The break leaves the select, the label the loop.
func (p *pool) labelled(keys chan string, quit chan struct{}) {
loop:
	for {
		p.mu.Lock() // want
		select {
		case key := <-keys:
			p.items[key]++
		case <-quit:
			break loop
		}
		p.mu.Unlock()
	}
}

// The deferred call is registered too late.
func (p *pool) late() error {
	p.mu.Lock() // want
	if p.closed {
		return errGone
	}
	defer p.mu.Unlock()
	p.closed = true
	return nil
}

func (p *pool) try(key string) bool {
	if !p.mu.TryLock() { // want
		return false
	}
	if _, ok := p.items[key]; !ok {
		return false
	}
	p.mu.Unlock()
	return true
}

func (p *pool) tried(key string) bool {
	ok := p.mu.TryLock() // want
	if !ok {
		return false
	}
	if p.closed {
		return true
	}
	p.mu.Unlock()
	return true
}

// The flag is set on one of the paths only.
func (p *pool) flag(shared bool) error {
	locked := false
	if shared {
		p.mu.Lock() // want
		if p.closed {
			locked = true
		}
	}
	delete(p.items, "")
	if locked {
		p.mu.Unlock()
	}
	return nil
}

var global sync.Mutex

func ofPackage(n int) int {
	global.Lock() // want
	if n < 0 {
		return -1
	}
	global.Unlock()
	return n
}

func viaPointer(mu *sync.Mutex, items []string) string {
	mu.Lock() // want
	if len(items) == 0 {
		return ""
	}
	first := items[0]
	mu.Unlock()
	return first
}

func (p *pool) inGoroutine(quit chan struct{}) {
	go func() {
		for {
			p.mu.Lock() // want
			if p.closed {
				return
			}
			p.mu.Unlock()
			<-quit
		}
	}()
}

func (p *pool) inCallback(each func(func(string))) {
	each(func(key string) {
		p.mu.Lock() // want
		if _, ok := p.items[key]; !ok {
			return
		}
		delete(p.items, key)
		p.mu.Unlock()
	})
}

// The pages are locked one by one; one of the ways out forgets the page at hand.
func (p *pool) page(index int) ([]byte, error) {
	pg := p.pages[index]
	pg.mu.Lock() // want
	if pg.data == nil {
		return nil, errGone
	}
	data := pg.data
	pg.mu.Unlock()
	return data, nil
}

func (p *pool) lookUp(key string) (int, error) {
	if item, ok := p.items[key]; ok {
		return item, nil
	}
	return 0, errGone
}

func (p *pool) errorPath(key string) (item int, err error) {
	p.mu.Lock() // want
	item, err = p.lookUp(key)
	if err != nil {
		return
	}
	p.mu.Unlock()
	return
}
