package guards

import (
	"errors"
	"sync"
)

var errClosed = errors.New("closed")

type conn struct {
	out    sync.Mutex
	rlock  sync.RWMutex
	wlock  sync.RWMutex
	closed bool
	n      int
}

// What comes back with the lock inside: end gives it back.
type encoder struct {
	of   *conn
	size int
}

func (e *encoder) end() {
	e.of.out.Unlock()
}

func (e *encoder) flush() int { return e.size }

func (c *conn) begin() *encoder {
	c.out.Lock()
	return &encoder{of: c}
}

func (c *conn) viaDeferredEnd() int {
	enc := c.begin()
	defer enc.end()
	return enc.flush()
}

func (c *conn) viaEnd(fail bool) error {
	enc := c.begin()
	if fail {
		enc.end()
		return errClosed
	}
	enc.flush()
	enc.end()
	return nil
}

// The result holds the guard: who gets it ends it.
type command struct {
	enc *encoder
}

func (c *conn) start() (*command, error) {
	enc := c.begin()
	if enc.flush() < 0 {
		enc.end()
		return nil, errClosed
	}
	cmd := &command{enc: enc}
	return cmd, nil
}

func (cmd *command) Close() {
	cmd.enc.end()
}

// A named result points to the lock that is held.
func (c *conn) waiting(read bool) (lock *sync.RWMutex, err error) {
	if read {
		c.rlock.Lock()
		lock = &c.rlock
		return
	}
	c.wlock.Lock()
	if c.closed {
		c.wlock.Unlock()
		return nil, errClosed
	}
	return &c.wlock, nil
}

func (c *conn) waitingWrong(read bool) (lock *sync.RWMutex, err error) {
	if read {
		c.rlock.Lock() // want
		if c.closed {
			return nil, errClosed
		}
		c.rlock.Unlock()
	}
	return nil, nil
}

// The method is given back as a value.
func (c *conn) viaOnce(early bool) int {
	var once sync.Once
	c.out.Lock()
	defer once.Do(c.out.Unlock)
	if early {
		once.Do(c.out.Unlock)
		return 0
	}
	return c.n
}

func (c *conn) onceBefore(early bool) int {
	unlock := &sync.Once{}
	defer unlock.Do(c.out.Unlock)
	c.out.Lock()
	if early {
		return 0
	}
	n := c.n
	unlock.Do(c.out.Unlock)
	return n
}

func (c *conn) locked() func() {
	c.out.Lock()
	return c.out.Unlock
}

func (c *conn) viaReturnedFunc() int {
	defer c.locked()()
	return c.n
}

func (c *conn) viaKeptFunc() int {
	unlock := c.locked()
	defer unlock()
	return c.n
}

func (c *conn) guardForgotten(fail bool) error {
	c.out.Lock() // want
	if fail {
		return errClosed
	}
	c.n++
	c.out.Unlock()
	return nil
}
