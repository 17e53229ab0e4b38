package gaps

import "sync"

type doer interface{ Do() }

type members interface{ Leader() }

type memberAPI struct{ client doer }

func (m *memberAPI) Leader() {
	m.client.Do()
}

func newMembers(c doer) members {
	return &memberAPI{client: c}
}

type cluster struct {
	sync.Mutex
	n int
}

func (c *cluster) Do() {
	c.Lock()
	defer c.Unlock()
	c.n++
}

// The interface comes back to the same cluster.
func (c *cluster) Sync() {
	c.Lock()
	defer c.Unlock()
	newMembers(c).Leader() // bug-missed
}

func (c *cluster) twice() {
	c.Lock()
	defer c.Unlock()
	c.Do() // want
}
