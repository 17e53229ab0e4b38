package orders

import "sync"

type bank struct {
	accounts sync.Mutex
	journal  sync.Mutex
	audit    sync.Mutex
	total    int
}

func (b *bank) deposit(n int) {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.journal.Lock()
	defer b.journal.Unlock()
	b.total += n
}

func (b *bank) withdraw(n int) {
	b.accounts.Lock()
	b.journal.Lock()
	b.total -= n
	b.journal.Unlock()
	b.accounts.Unlock()
}

func (b *bank) print() int {
	b.journal.Lock()
	defer b.journal.Unlock()
	b.accounts.Lock() // want "takes `case.bank.accounts` with `case.bank.journal` held, and `deposit` takes them in the other order"
	defer b.accounts.Unlock()
	return b.total
}

// By a call.
func (b *bank) note() {
	b.audit.Lock()
	defer b.audit.Unlock()
	b.total++
}

func (b *bank) close() {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.note()
}

func (b *bank) closeToo() {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.note()
}

func (b *bank) check() {
	b.audit.Lock()
	defer b.audit.Unlock()
	b.deposit(0) // want "takes `case.bank.accounts` with `case.bank.audit` held"
}

var (
	first  sync.Mutex
	second sync.RWMutex
)

func forwards() {
	first.Lock()
	second.RLock()
	second.RUnlock()
	first.Unlock()
}

func backwards() {
	second.Lock()
	first.Lock() // want
	first.Unlock()
	second.Unlock()
}

type parent struct {
	mu       sync.Mutex
	children []*child
}

type child struct {
	mu     sync.Mutex
	parent *parent
	n      int
}

func (p *parent) sum() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		c.mu.Lock()
		n += c.n
		c.mu.Unlock()
	}
	return n
}

func (p *parent) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.children {
		c.mu.Lock()
		c.n = 0
		c.mu.Unlock()
	}
}

func (c *child) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.parent.mu.Lock() // want
	defer c.parent.mu.Unlock()
	c.parent.children = nil
}
