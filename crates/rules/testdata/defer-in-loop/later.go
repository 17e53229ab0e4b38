package later

import (
	"net"
	"os"
)

type resource struct{ name string }

func (r *resource) create()      {}
func (r *resource) deleteItNow() {}
func (r *resource) wait()        {}

func newResource(name string) *resource { return &resource{name} }

func current(name string) string { return name }

func setState(name, state string) {}

// What the loop makes is needed when it is over.
func createsAll(names []string) {
	var made []*resource
	for _, name := range names {
		r := newResource(name)
		defer r.deleteItNow()
		r.create()
		made = append(made, r)
	}
	for _, r := range made {
		r.wait()
	}
}

// Only the iteration needs it.
func createsEach(names []string) {
	for _, name := range names {
		r := newResource(name)
		defer r.deleteItNow() // want
		r.create()
		r.wait()
	}
}

// The last thing in each iteration: what was there is to come back when the function is over.
func bringsBack(names []string, change func()) {
	for _, name := range names {
		defer setState(name, current(name))
	}
	change()
}

// Something follows in the iteration, for which it may have been meant.
func bringsBackEarly(names []string, change func(string)) {
	for _, name := range names {
		defer setState(name, current(name)) // want
		change(name)
	}
}

// A file is one for each iteration, wherever its `defer` stands.
func readsLast(names []string, read func(*os.File)) error {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		read(f)
		defer f.Close() // want
	}
	return nil
}

// A goroutine goes on with it.
func serves(addrs []string, serve func(net.Listener), wait func()) error {
	for _, addr := range addrs {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			return err
		}
		defer l.Close()
		go serve(l)
	}
	wait()
	return nil
}

// A literal that looks on mostly ends with the iteration.
func looksOn(names []string, look func(*os.File, <-chan bool), work func(*os.File)) error {
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close() // want
		done := make(chan bool)
		go func() { look(f, done) }()
		work(f)
		close(done)
	}
	return nil
}
