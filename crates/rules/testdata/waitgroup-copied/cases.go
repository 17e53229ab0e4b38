package copied

import "sync"

func worker(jobs <-chan int, wg sync.WaitGroup) {
	defer wg.Done()
	for range jobs {
	}
}

func pointer(jobs <-chan int, wg *sync.WaitGroup) {
	defer wg.Done()
	for range jobs {
	}
}

func unused(wg sync.WaitGroup, work func()) {
	work()
}

func toFunction(jobs <-chan int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go worker(jobs, wg) // want "counts down a copy"
	wg.Wait()
}

func toLiteral(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func(wg sync.WaitGroup) {
		defer wg.Done()
		work()
	}(wg) // want
	wg.Wait()
}

type pool struct{ wg sync.WaitGroup }

func (p *pool) run(jobs <-chan int) {
	p.wg.Add(1)
	go worker(jobs, p.wg) // want
	p.wg.Wait()
}

func behindPointer(jobs <-chan int, wg *sync.WaitGroup) {
	wg.Add(1)
	go worker(jobs, *wg) // want
}

// What follows is right.

func toPointer(jobs <-chan int) {
	var wg sync.WaitGroup
	wg.Add(1)
	go pointer(jobs, &wg)
	wg.Wait()
}

func captured(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Wait()
}

func doesNotCount(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go unused(wg, work)
	wg.Wait()
}

func literalPointer(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func(wg *sync.WaitGroup) {
		defer wg.Done()
		work()
	}(&wg)
	wg.Wait()
}
