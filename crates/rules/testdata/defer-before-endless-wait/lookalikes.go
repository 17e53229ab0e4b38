package lookalikes

import (
	"context"
	"io"
	"log"
	"runtime"
	"runtime/debug"
	"sync"
)

func step() bool { return true }

func returns(c io.Closer) {
	defer c.Close()
	for {
		if step() {
			return
		}
	}
}

func waitsForContext(ctx context.Context, c io.Closer) {
	defer c.Close()
	for {
		select {
		case <-ctx.Done():
			return
		default:
			step()
		}
	}
}

func labelled(ctx context.Context, c io.Closer) {
	defer c.Close()
loop:
	for {
		select {
		case <-ctx.Done():
			break loop
		default:
			step()
		}
	}
}

func conditional(c io.Closer) {
	defer c.Close()
	for step() {
	}
}

func ranges(wg *sync.WaitGroup, jobs chan func()) {
	defer wg.Done()
	for job := range jobs {
		job()
	}
}

func recovers() {
	defer func() {
		if r := recover(); r != nil {
			log.Printf("%v\n%s", r, debug.Stack())
		}
	}()
	for {
		step()
	}
}

func handleCrash() {
	if r := recover(); r != nil {
		log.Print(r)
	}
}

func recoversElsewhere() {
	defer handleCrash()
	for {
		step()
	}
}

func rescue() {
	if r := recover(); r != nil {
		log.Print(r)
	}
}

func recoversByBody() {
	defer rescue()
	select {}
}

func logPanics(logPanic func()) {
	defer logPanic()
	for {
		step()
	}
}

func panics(c io.Closer) {
	defer c.Close()
	for {
		if step() {
			panic("done")
		}
	}
}

func ends(c io.Closer) {
	defer c.Close()
	for {
		if step() {
			runtime.Goexit()
		}
	}
}

func exits(c io.Closer) {
	defer c.Close()
	for {
		if step() {
			log.Fatal("done")
		}
	}
}

func jumpsOut(c io.Closer) {
	defer c.Close()
	for {
		if step() {
			goto done
		}
	}
done:
	step()
}

func otherPath(c io.Closer) {
	defer c.Close()
	if step() {
		for {
			step()
		}
	}
}

func afterwards(c io.Closer) {
	go func() {
		for {
			step()
		}
	}()
	defer c.Close()
	step()
}

func inner(c io.Closer) {
	for {
		func() {
			defer c.Close()
			step()
		}()
	}
}

func before(c io.Closer) {
	if step() {
		defer c.Close()
		return
	}
	select {}
}

// The goroutine keeps its thread for good.
func onOneThread(calls <-chan func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for {
		call := <-calls
		call()
	}
}

func handleCrash() {
	if r := recover(); r != nil {
		step()
	}
}

func guardedByHelper() {
	defer handleCrash()
	for {
		step()
	}
}
