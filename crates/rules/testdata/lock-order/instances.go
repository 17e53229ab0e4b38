package instances

import "sync"

type group struct {
	maintenance sync.Mutex
	n           int
}

type bucket struct {
	flush sync.Mutex
	disk  *group
}

func (b *bucket) shutdown() {
	b.flush.Lock()
	defer b.flush.Unlock()
	b.disk.maintenance.Lock()
	defer b.disk.maintenance.Unlock()
	b.disk.n++
}

// Of two buckets: the one that is held is not the one that is shut down.
func replace(old, fresh *bucket) {
	fresh.disk.maintenance.Lock()
	defer fresh.disk.maintenance.Unlock()
	old.shutdown()
}

func replaceByHand(old, fresh *bucket) {
	fresh.disk.maintenance.Lock()
	defer fresh.disk.maintenance.Unlock()
	old.flush.Lock()
	defer old.flush.Unlock()
}

type devices struct {
	sync.Mutex
	infos map[string]*info
}

type info struct {
	lock sync.Mutex
	n    int
}

// The set is given back and taken again while one of its members is held.
func (d *devices) remove(name string) {
	d.Lock()
	defer d.Unlock()
	one := d.infos[name]
	one.lock.Lock()
	defer one.lock.Unlock()
	d.settle() // want "takes them in the other order"
}

func (d *devices) settle() {
	d.Unlock()
	println("waits")
	d.Lock()
}

type pool struct {
	mu    sync.Mutex
	slots map[string]*slot
}

type slot struct {
	mu sync.Mutex
	n  int
}

// The member is given back before the set is taken again.
func (p *pool) use(name string) {
	p.mu.Lock()
	one := p.slots[name]
	one.mu.Lock()
	one.n++
	one.mu.Unlock()
	p.rest()
	p.mu.Unlock()
}

func (p *pool) rest() {
	p.mu.Unlock()
	println("waits")
	p.mu.Lock()
}
