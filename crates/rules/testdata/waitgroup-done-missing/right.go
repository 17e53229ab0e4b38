package groups

import "sync"

func deferred(urls []string, fetch func(string) error) {
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := fetch(url); err != nil {
				return
			}
		}()
	}
	wg.Wait()
}

func deferredLiteral(wg *sync.WaitGroup, work func() error) {
	wg.Add(1)
	go func() {
		defer func() {
			recover()
			wg.Done()
		}()
		if work() != nil {
			return
		}
	}()
}

func byHand(wg *sync.WaitGroup, work func()) {
	wg.Add(1)
	go func() {
		work()
		wg.Done()
	}()
}

func everyPath(wg *sync.WaitGroup, work func() error) {
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			wg.Done()
			return
		}
		wg.Done()
	}()
}

func uncounted(wg *sync.WaitGroup, more bool, work func() error) {
	if more {
		wg.Add(1)
	}
	go func() {
		if work() != nil {
			return
		}
		if more {
			wg.Done()
		}
	}()
}

func handedOn(wg *sync.WaitGroup, work func() error, finish func(*sync.WaitGroup)) {
	wg.Add(1)
	go func() {
		if work() != nil {
			finish(wg)
			return
		}
		wg.Done()
	}()
}

func nested(wg *sync.WaitGroup, work func() error) {
	wg.Add(1)
	go func() {
		go func() {
			work()
			wg.Done()
		}()
	}()
}

func forEver(wg *sync.WaitGroup, in chan func()) {
	wg.Add(1)
	go func() {
		for f := range in {
			f()
		}
		wg.Done()
	}()
}

func perItem(wg *sync.WaitGroup, in chan func()) {
	wg.Add(10)
	go func() {
		for f := range in {
			f()
			wg.Done()
		}
	}()
}

func done(wg *sync.WaitGroup) { defer wg.Done() }

func byFunctionRight() {
	var wg sync.WaitGroup
	wg.Add(1)
	go done(&wg)
	wg.Wait()
}

func passes(wg *sync.WaitGroup) { done(wg) }

func byFunctionThatPasses() {
	var wg sync.WaitGroup
	wg.Add(1)
	go passes(&wg)
	wg.Wait()
}

func stopped(wg *sync.WaitGroup, work func() error) {
	wg.Add(1)
	go func() {
		if err := work(); err != nil {
			panic(err)
		}
		wg.Done()
	}()
}

func newWay(wg *sync.WaitGroup, work func() error) {
	wg.Go(func() {
		if work() != nil {
			return
		}
	})
}

func otherGroup(a, b *sync.WaitGroup, work func() error) {
	a.Add(1)
	go func() {
		defer a.Done()
		if work() != nil {
			return
		}
		b.Done()
	}()
}

// Hard: the group is counted for the items that the goroutine gets, not for the goroutine.
func counter(wg *sync.WaitGroup, in chan int) {
	wg.Add(1)
	in <- 1
	go func() {
		for range in {
			wg.Done()
		}
	}()
}

// Hard: a closure of the goroutine calls it.
func closure(wg *sync.WaitGroup, work func() error) {
	wg.Add(1)
	go func() {
		finish := func() { wg.Done() }
		if work() != nil {
			finish()
			return
		}
		finish()
	}()
}

// One group counts the goroutines, the other those that fail.
func countsWhatFails(n, failing int, do func(int) error) {
	var all, failed sync.WaitGroup
	all.Add(n)
	failed.Add(failing)
	for i := range n {
		go func() {
			if err := do(i); err != nil {
				failed.Done()
			}
			all.Done()
		}()
	}
	failed.Wait()
	all.Wait()
}
