package service

import (
	"os"
	"strconv"
	"sync"
)

func work() {}

func lockOverReceive() {
	var mu sync.Mutex
	done := make(chan bool)
	go func() {
		mu.Lock()
		defer mu.Unlock()
		work()
		done <- true // want "waits for this goroutine"
	}()
	mu.Lock()
	defer mu.Unlock()
	<-done
}

func lockOverSend() {
	var mu sync.Mutex
	ch := make(chan int)
	go func() {
		mu.Lock()
		<-ch // want
		mu.Unlock()
	}()
	mu.Lock()
	ch <- 1
	mu.Unlock()
}

func waitBeforeReceive(items []int) {
	var wg sync.WaitGroup
	ch := make(chan int)
	for _, item := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch <- item // want
		}()
	}
	wg.Wait()
	for range items {
		<-ch
	}
}

func twoLocks() {
	var a, b sync.Mutex
	go func() {
		b.Lock()
		a.Lock() // want
		a.Unlock()
		b.Unlock()
	}()
	a.Lock()
	b.Lock()
	b.Unlock()
	a.Unlock()
}

type conn struct {
	mu     sync.Mutex
	closed chan struct{}
	wg     sync.WaitGroup
}

func (c *conn) loop() {
	defer c.wg.Done()
	<-c.closed
	c.mu.Lock()
	defer c.mu.Unlock()
}

func (c *conn) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(c.closed)
	c.wg.Wait() // want
}

func startAndStop() {
	c := &conn{closed: make(chan struct{})}
	c.wg.Add(1)
	go c.loop()
	c.stop()
}

func doneMissing(fail func() bool) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		if fail() {
			return
		}
		wg.Done()
	}()
	wg.Wait() // want "nobody who could call `Done` is left"
}

func tooMany() {
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Wait() // want
}

func eachForTheOther() {
	a, b := make(chan int), make(chan int)
	go func() {
		a <- 1 // want
		<-b
	}()
	b <- 1
	<-a
}

func readersAndWriter() {
	var mu sync.RWMutex
	go func() {
		mu.Lock()
		mu.Unlock()
	}()
	mu.RLock()
	again(&mu)
	mu.RUnlock()
}

func again(mu *sync.RWMutex) {
	mu.RLock() // want
	mu.RUnlock()
}

func tryWork() (int, error) { return strconv.Atoi(os.Args[0]) }

type pair struct {
	values chan int
	errs   chan error
}

func newPair() *pair {
	return &pair{values: make(chan int), errs: make(chan error)}
}

func (p *pair) produce() {
	n, err := tryWork()
	if err != nil {
		p.errs <- err
		return
	}
	p.values <- n // want
}

func onlyErrors() error {
	p := newPair()
	go p.produce()
	return <-p.errs
}
