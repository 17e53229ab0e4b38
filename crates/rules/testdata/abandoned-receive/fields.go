package fields

import "time"

// The generator may have ended, and who waits for the next number does not ask for that.
type generator struct {
	numbers chan int
	quit    chan struct{}
}

func newGenerator() *generator {
	g := &generator{numbers: make(chan int), quit: make(chan struct{})}
	go g.run()
	return g
}

func (g *generator) run() {
	for n := 0; ; n++ {
		select {
		case g.numbers <- n:
		case <-g.quit:
			return
		}
	}
}

func (g *generator) next() int {
	return <-g.numbers // want "nobody sends"
}

func (g *generator) Close() { close(g.quit) }

// Right: the generator closes what it gives.
type closing struct {
	letters chan byte
	halt    chan struct{}
}

func newClosing() *closing {
	c := &closing{letters: make(chan byte), halt: make(chan struct{})}
	go c.run()
	return c
}

func (c *closing) run() {
	defer close(c.letters)
	for n := byte(0); ; n++ {
		select {
		case c.letters <- n:
		case <-c.halt:
			return
		}
	}
}

func (c *closing) next() byte { return <-c.letters }

// Right: the last thing that the loop does is to send.
type telling struct {
	told chan error
	stop chan struct{}
}

func newTelling() *telling {
	t := &telling{told: make(chan error), stop: make(chan struct{})}
	go t.run()
	return t
}

func (t *telling) run() {
	for {
		select {
		case <-time.After(time.Second):
		case <-t.stop:
			t.told <- nil
			return
		}
	}
}

func (t *telling) Stop() error {
	close(t.stop)
	return <-t.told
}
