package service

import "sync"

func work() {}

func receiveFirst() {
	var mu sync.Mutex
	done := make(chan bool)
	go func() {
		mu.Lock()
		defer mu.Unlock()
		work()
		done <- true
	}()
	<-done
	mu.Lock()
	defer mu.Unlock()
}

func roomForIt() {
	var mu sync.Mutex
	done := make(chan bool, 1)
	go func() {
		mu.Lock()
		work()
		mu.Unlock()
		done <- true
	}()
	mu.Lock()
	work()
	mu.Unlock()
	<-done
}

func closerWaits(items []int) {
	var wg sync.WaitGroup
	ch := make(chan int)
	for _, item := range items {
		wg.Add(1)
		go func() {
			defer wg.Done()
			ch <- item
		}()
	}
	go func() {
		wg.Wait()
		close(ch)
	}()
	for range ch {
	}
}

func sameOrder() {
	var a, b sync.Mutex
	go func() {
		a.Lock()
		b.Lock()
		b.Unlock()
		a.Unlock()
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
	close(c.closed)
	c.mu.Unlock()
	c.wg.Wait()
}

func startAndStop() {
	c := &conn{closed: make(chan struct{})}
	c.wg.Add(1)
	go c.loop()
	c.stop()
}

func waitsForGroup(items []int) {
	var wg sync.WaitGroup
	wg.Add(len(items))
	for range items {
		go func() {
			defer wg.Done()
			work()
		}()
	}
	wg.Wait()
}

func condition() {
	var mu sync.Mutex
	cond := sync.NewCond(&mu)
	ready := false
	go func() {
		mu.Lock()
		ready = true
		mu.Unlock()
		cond.Broadcast()
	}()
	mu.Lock()
	for !ready {
		cond.Wait()
	}
	mu.Unlock()
}

func readers() {
	var mu sync.RWMutex
	go func() {
		mu.RLock()
		mu.RUnlock()
	}()
	mu.RLock()
	mu.RUnlock()
}

func groupOfFunctions(items []int) {
	var wg sync.WaitGroup
	for range items {
		wg.Go(work)
	}
	wg.Wait()
}

func handshake() {
	a, b := make(chan int), make(chan int)
	go func() {
		a <- 1
		<-b
	}()
	<-a
	b <- 1
}
