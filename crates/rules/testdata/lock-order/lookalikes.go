package lookalikes

import "sync"

type bank struct {
	accounts sync.Mutex
	journal  sync.Mutex
	gate     sync.Mutex
	cache    sync.RWMutex
	index    sync.RWMutex
	left     sync.Mutex
	right    sync.Mutex
	total    int
}

func (b *bank) deposit() {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.journal.Lock()
	defer b.journal.Unlock()
}

func (b *bank) withdraw() {
	b.accounts.Lock()
	defer b.accounts.Unlock()
	b.journal.Lock()
	defer b.journal.Unlock()
}

// One after the other.
func (b *bank) inTurn() {
	b.journal.Lock()
	b.total++
	b.journal.Unlock()
	b.accounts.Lock()
	b.total++
	b.accounts.Unlock()
}

// Both only read.
func (b *bank) readers() int {
	b.cache.RLock()
	defer b.cache.RUnlock()
	b.index.RLock()
	defer b.index.RUnlock()
	return b.total
}

func (b *bank) readersToo() int {
	b.index.RLock()
	defer b.index.RUnlock()
	b.cache.RLock()
	defer b.cache.RUnlock()
	return b.total
}

// Nobody comes to the two without the gate.
func (b *bank) gated() {
	b.gate.Lock()
	defer b.gate.Unlock()
	b.left.Lock()
	b.right.Lock()
	b.right.Unlock()
	b.left.Unlock()
}

func (b *bank) gatedToo() {
	b.gate.Lock()
	defer b.gate.Unlock()
	b.right.Lock()
	b.left.Lock()
	b.left.Unlock()
	b.right.Unlock()
}

// Two values of one type: which comes first is not seen.
func transfer(from, to *bank) {
	from.accounts.Lock()
	defer from.accounts.Unlock()
	to.accounts.Lock()
	defer to.accounts.Unlock()
}

// Nobody else has it yet.
func (b *bank) clone() *bank {
	c := &bank{}
	c.journal.Lock()
	b.accounts.Lock()
	c.total = b.total
	b.accounts.Unlock()
	c.journal.Unlock()
	return c
}

type node struct {
	mu   sync.Mutex
	tree *tree
}

type tree struct {
	mu   sync.Mutex
	root *node
}

func (t *tree) use() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.root.mu.Lock()
	defer t.root.mu.Unlock()
}

func (n *node) later() {
	n.mu.Lock()
	defer n.mu.Unlock()
	go func() {
		n.tree.mu.Lock()
		defer n.tree.mu.Unlock()
	}()
}

// Gives its own back first.
func (n *node) after() {
	n.mu.Lock()
	n.mu.Unlock()
	n.tree.mu.Lock()
	defer n.tree.mu.Unlock()
}

func (n *node) tryUp() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.tree.mu.TryLock() {
		n.tree.mu.Unlock()
		return true
	}
	return false
}

var (
	first  sync.Mutex
	second sync.Mutex
)

func init() {
	first.Lock()
	second.Lock()
	second.Unlock()
	first.Unlock()
}

func run() {
	second.Lock()
	first.Lock()
	first.Unlock()
	second.Unlock()
}
