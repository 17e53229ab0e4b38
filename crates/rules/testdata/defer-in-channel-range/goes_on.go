package channels

import (
	"net"
	"sync"
)

type request struct {
	addr  string
	reply chan bool
}

// A goroutine serves the listener for as long as requests come.
func forwards(requests <-chan request, serve func(net.Listener)) {
	for r := range requests {
		l, err := net.Listen("tcp", r.addr)
		if err != nil {
			r.reply <- false
			continue
		}
		defer l.Close()
		go serve(l)
		r.reply <- true
	}
}

// A literal mostly ends with the iteration; this one does not.
func forwardsInLiteral(requests <-chan request, serve func(net.Listener)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for r := range requests {
		l, err := net.Listen("tcp", r.addr)
		if err != nil {
			return
		}
		defer l.Close() // bug
		wg.Add(1)
		go func() {
			defer wg.Done()
			serve(l)
		}()
	}
}

// Only the loop uses it.
func probes(requests <-chan request) {
	for r := range requests {
		l, err := net.Listen("tcp", r.addr)
		if err != nil {
			r.reply <- false
			continue
		}
		defer l.Close() // want
		go note(r)
		r.reply <- true
	}
}

func note(request) {}
