package waits

import "sync"

func counted(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work()
		wg.Wait() // want "waits for this goroutine itself"
	}()
}

func closerIsCounted(parts []int) chan int {
	out := make(chan int)
	var wg sync.WaitGroup
	wg.Add(len(parts) + 1)
	for _, p := range parts {
		go func() {
			defer wg.Done()
			out <- p
		}()
	}
	go func() {
		defer wg.Done()
		wg.Wait() // want
		close(out)
	}()
	return out
}

func byHand(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		wg.Wait() // want
		work()
		wg.Done()
	}()
}

func inGroupGo(work func()) {
	var wg sync.WaitGroup
	wg.Go(func() {
		work()
		wg.Wait() // want
	})
}

type pool struct{ wg sync.WaitGroup }

func (p *pool) worker(work func()) {
	defer p.wg.Done()
	work()
	p.wg.Wait() // want
}

func deferredInLiteral(wg *sync.WaitGroup, work func()) {
	defer func() {
		work()
		wg.Done()
	}()
	wg.Wait() // want
}

// What follows is right.

func closerIsNotCounted(parts []int) chan int {
	out := make(chan int)
	var wg sync.WaitGroup
	for _, p := range parts {
		wg.Add(1)
		go func() {
			defer wg.Done()
			out <- p
		}()
	}
	go func() {
		wg.Wait()
		close(out)
	}()
	return out
}

func twoGroups(work func()) {
	var outer, inner sync.WaitGroup
	outer.Add(1)
	go func() {
		defer outer.Done()
		inner.Add(1)
		go func() {
			defer inner.Done()
			work()
		}()
		inner.Wait()
	}()
	outer.Wait()
}

func barrier(n int, work func()) {
	var ready sync.WaitGroup
	ready.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			ready.Done()
			ready.Wait()
			work()
		}()
	}
}

func gate(n int, work func()) {
	var start, done sync.WaitGroup
	start.Add(1)
	for i := 0; i < n; i++ {
		done.Add(1)
		go func() {
			defer done.Done()
			start.Wait()
			work()
		}()
	}
	start.Done()
	done.Wait()
}

func parentWaits(work func()) {
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		work()
	}()
	wg.Wait()
}

func ownCount(work func()) {
	var wg sync.WaitGroup
	defer wg.Done()
	wg.Add(2)
	go func() {
		work()
		wg.Add(-2)
	}()
	wg.Wait()
	wg.Add(1)
}

func groupGoNested(work func()) {
	var wg, inner sync.WaitGroup
	wg.Go(func() {
		inner.Go(work)
		inner.Wait()
	})
	wg.Wait()
}
