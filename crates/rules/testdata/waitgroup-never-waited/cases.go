package waits

import "sync"

func forgotten(urls []string, get func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1) // want "nobody waits"
		go func() {
			defer wg.Done()
			get(url)
		}()
	}
}

func withGo(urls []string, get func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Go(func() { get(url) }) // want
	}
}

func tooEarly(urls []string, get func(string)) {
	var wg sync.WaitGroup
	wg.Wait() // want "returns at once"
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			get(url)
		}()
	}
}

func inMethod(p *pool) {
	wg := sync.WaitGroup{}
	wg.Add(1) // want
	go func() {
		defer wg.Done()
		p.run()
	}()
}

type pool struct{ wg sync.WaitGroup }

func (p *pool) run() {}

// What follows is right.

func waited(urls []string, get func(string)) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			get(url)
		}()
	}
	wg.Wait()
}

func deferredWait(urls []string, get func(string)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, url := range urls {
		wg.Go(func() { get(url) })
	}
}

func inGoroutine(get func()) chan struct{} {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(get)
	go func() {
		wg.Wait()
		close(done)
	}()
	return done
}

func returned(get func()) *sync.WaitGroup {
	var wg sync.WaitGroup
	wg.Go(get)
	return &wg
}

func handedOn(get func(), wait func(*sync.WaitGroup)) {
	var wg sync.WaitGroup
	wg.Go(get)
	wait(&wg)
}

func parameter(wg *sync.WaitGroup, get func()) {
	wg.Add(1)
	go func() {
		defer wg.Done()
		get()
	}()
}

func (p *pool) start(get func()) {
	p.wg.Add(1)
	go func() {
		defer p.wg.Done()
		get()
	}()
}

func rounds(batches [][]func()) {
	var wg sync.WaitGroup
	for _, batch := range batches {
		wg.Wait()
		for _, f := range batch {
			wg.Go(f)
		}
	}
	wg.Wait()
}

func beforeAndAfter(f func()) {
	var wg sync.WaitGroup
	wg.Wait()
	wg.Go(f)
	wg.Wait()
}

func methodValue(f func()) func() {
	var wg sync.WaitGroup
	wg.Go(f)
	return wg.Wait
}

func steps(changes <-chan bool, loop func()) {
	var running sync.WaitGroup
	step := func(on bool) {
		if on {
			running.Add(1)
			go func() {
				defer running.Done()
				loop()
			}()
			return
		}
		running.Wait()
	}
	for on := range changes {
		step(on)
	}
}

func onlyCounts() {
	var wg sync.WaitGroup
	wg.Add(1)
}

func heardByChannel(get func() error) (errs []error) {
	var wg sync.WaitGroup
	results := make(chan error, 2)
	ask := func() {
		defer wg.Done()
		results <- get()
	}
	wg.Add(2)
	go ask()
	go ask()
	for range 2 {
		errs = append(errs, <-results)
	}
	return errs
}

func closesItself(get func()) <-chan struct{} {
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		defer close(done)
		get()
	})
	return done
}

func countsOnly(n int) {
	var wg sync.WaitGroup
	for i := 0; i < n; i++ {
		wg.Add(1)
		wg.Done()
	}
}
