package dead

import (
	"errors"
	"io"
	"log"
	"os"
	"runtime"
	"sync"
	"time"
)

func step() bool { return true }

func afterReturn(path string) (int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, err
		defer f.Close() // want "`f.Close()` is never deferred: the `return` before it"
	}
	return io.Copy(io.Discard, f)
}

func afterLoop(t *time.Ticker) {
	for {
		<-t.C
	}
	defer t.Stop() // want "no way out"
}

func afterFatal(mu *sync.Mutex) {
	mu.Lock()
	log.Fatal("locked")
	defer mu.Unlock() // want "log.Fatal(…)"
}

func afterPanic(c io.Closer) {
	if step() {
		step()
		panic(errors.New("no"))
		defer c.Close() // want
	}
}

func afterSelect(c io.Closer) {
	select {}
	defer c.Close() // want "select {}"
}

func afterContinue(files []io.Closer) {
	for _, f := range files {
		if step() {
			continue
			defer f.Close() // want "continue"
		}
	}
}

func afterBoth(c io.Closer) error {
	if step() {
		return nil
	} else {
		return io.EOF
	}
	defer c.Close() // want
	return nil
}

func inLiteral(c io.Closer) func() {
	return func() {
		return
		defer c.Close() // want
	}
}

func afterExit(path string) {
	step()
	os.Exit(1)
	defer os.Remove(path) // want
}

func afterGoto(c io.Closer) {
	goto end
	defer c.Close() // want "goto"
end:
	runtime.GC()
}
