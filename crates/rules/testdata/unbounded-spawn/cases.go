package spawn

import (
	"net"
	"sync"

	"golang.org/x/sync/errgroup"
)

func overChannel(jobs <-chan string, handle func(string)) {
	for job := range jobs {
		go handle(job) // want "nothing limits"
	}
}

func overParameter(jobs []string, handle func(string)) {
	for _, job := range jobs {
		go handle(job) // want
	}
}

func accepting(ln net.Listener, handle func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		if err != nil {
			return err
		}
		go handle(conn) // want
	}
}

func counted(jobs []string, handle func(string)) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() { // want
			defer wg.Done()
			handle(job)
		}()
	}
	wg.Wait()
}

type rows interface{ Next() bool }

func overRows(r rows, handle func()) {
	for r.Next() {
		go handle() // want
	}
}

// What follows is right.

func slots(jobs <-chan string, handle func(string)) {
	sem := make(chan struct{}, 16)
	for job := range jobs {
		sem <- struct{}{}
		go func() {
			defer func() { <-sem }()
			handle(job)
		}()
	}
}

func fixed(handle func()) {
	for i := 0; i < 8; i++ {
		go handle()
	}
}

func workers(n int, handle func()) {
	for i := 0; i < n; i++ {
		go handle()
	}
}

func group(jobs []string, handle func(string) error) error {
	var g errgroup.Group
	g.SetLimit(8)
	for _, job := range jobs {
		g.Go(func() error { return handle(job) })
	}
	return g.Wait()
}

type semaphore interface{ Acquire() }

func acquired(jobs []string, s semaphore, handle func(string)) {
	for _, job := range jobs {
		s.Acquire()
		go handle(job)
	}
}

func own(handle func(string)) {
	for _, name := range []string{"a", "b"} {
		go handle(name)
	}
}

func leaves(jobs []string, handle func(string)) {
	for _, job := range jobs {
		go handle(job)
		break
	}
}

type sized interface {
	Add()
	Done()
}

func inSizedGroup(jobs <-chan string, group sized, handle func(string)) {
	for job := range jobs {
		group.Add()
		go func() {
			defer group.Done()
			handle(job)
		}()
	}
}
