package service

import "sync/atomic"

// What is counted by hand is not followed.

func probe(targets []func() error) error {
	results := make(chan error)
	pending := 0
	for _, target := range targets {
		if target == nil {
			continue
		}
		pending++
		go func() { results <- target() }()
	}
	for pending > 0 {
		if err := <-results; err != nil {
			println(err.Error())
		}
		pending--
	}
	return nil
}

func fallback(primary, secondary []func() error) error {
	results := make(chan error, len(primary)+len(secondary))
	for _, try := range primary {
		go func() { results <- try() }()
	}
	for _, try := range secondary {
		go func() { results <- try() }()
	}
	failed := 0
	for {
		err := <-results // bug "may wait for ever"
		if err == nil {
			return nil
		}
		failed++
		if failed == len(primary)+len(secondary) {
			return err
		}
	}
}

func lastOfThem(work []func()) {
	done := make(chan struct{})
	var left atomic.Int32
	left.Store(int32(len(work)))
	for _, f := range work {
		go func() {
			f()
			if left.Add(-1) == 0 {
				close(done)
			}
		}()
	}
	<-done // bug "may wait for ever"
}

func tokens(blocks [][]byte, sum func([]byte)) {
	free := make(chan []byte, 4)
	for range 4 {
		free <- make([]byte, 512)
	}
	for _, block := range blocks {
		buf := <-free
		n := copy(buf, block)
		go func() {
			sum(buf[:n])
			free <- buf
		}()
	}
	for range 4 {
		<-free
	}
}
