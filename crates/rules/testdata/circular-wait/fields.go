package fields

import "sync"

// The loop calls what waits for the loop.
type machine struct {
	inputs chan int
	state  int
}

func newMachine() *machine {
	m := &machine{inputs: make(chan int)}
	go m.run()
	return m
}

func (m *machine) run() {
	for {
		m.step(<-m.inputs)
	}
}

func (m *machine) step(n int) {
	m.state += n
	if m.state < 0 {
		m.feed(-n)
	}
}

func (m *machine) feed(n int) {
	m.inputs <- n // want "waits for this goroutine"
}

// Right: in a goroutine of its own it may wait.
type patient struct {
	parts chan int
	state int
}

func newPatient() *patient {
	p := &patient{parts: make(chan int)}
	go p.run()
	return p
}

func (p *patient) run() {
	for {
		n := <-p.parts
		p.state += n
		if p.state < 0 {
			go p.feed(-n)
		}
	}
}

func (p *patient) feed(n int) { p.parts <- n }

// The loop needs the lock under which it is waited for.
type store struct {
	mu     sync.Mutex
	writes chan string
	last   string
}

func newStore() *store {
	s := &store{writes: make(chan string)}
	go s.run()
	return s
}

func (s *store) run() {
	for {
		s.apply(<-s.writes)
	}
}

func (s *store) apply(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = line
}

func (s *store) Write(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if line != s.last {
		s.writes <- line // want "waits for this goroutine"
	}
}

// Right: the lock is given back before.
type polite struct {
	guard sync.Mutex
	lines chan string
	last  string
}

func newPolite() *polite {
	p := &polite{lines: make(chan string)}
	go p.run()
	return p
}

func (p *polite) run() {
	for {
		line := <-p.lines
		p.guard.Lock()
		p.last = line
		p.guard.Unlock()
	}
}

func (p *polite) Write(line string) {
	p.guard.Lock()
	known := line == p.last
	p.guard.Unlock()
	if !known {
		p.lines <- line
	}
}

// A member of the group calls the Stop that waits for the group.
type service struct {
	wg   sync.WaitGroup
	once sync.Once
	poll func() error
}

func (s *service) Start() {
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		s.loop()
	}()
}

func (s *service) loop() {
	for {
		if err := s.poll(); err != nil {
			s.Stop() // want "one of its own goroutines"
			return
		}
	}
}

func (s *service) Stop() {
	s.once.Do(func() {
		s.wg.Wait()
	})
}

// Right: somebody else waits.
type calm struct {
	group sync.WaitGroup
	poll  func() error
}

func (c *calm) Start() {
	c.group.Add(1)
	go func() {
		defer c.group.Done()
		for c.poll() == nil {
		}
		go c.Stop()
	}()
}

func (c *calm) Stop() { c.group.Wait() }
