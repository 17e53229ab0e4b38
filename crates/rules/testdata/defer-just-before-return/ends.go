package ends

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"sync"
	"time"
)

func tooLate(wg *sync.WaitGroup, work func()) {
	go func() {
		work()
		defer wg.Done() // want "nothing can happen between this `defer` and the end of the function literal: `wg.Done()` does not run when something above panics or returns"
	}()
}

func endOfFunction(path string) {
	f, err := os.Open(path)
	if err != nil {
		log.Print(err)
		return
	}
	io.Copy(io.Discard, f)
	defer f.Close() // want "the end of `endOfFunction`"
}

func constantResult(url string) error {
	resp, err := http.Get(url)
	if err != nil {
		return err
	}
	defer resp.Body.Close() // want "the return from `constantResult`"
	return nil
}

func localResult(f *os.File) (string, error) {
	name := f.Name()
	defer f.Close() // want
	return name, nil
}

func literals() (int, string, bool) {
	defer fmt.Println("done") // want
	return -1, "x", true
}

func packageError(f *os.File) error {
	defer f.Close() // want
	return limit
}

const limit errorText = "limit"

type errorText string

func (e errorText) Error() string { return string(e) }

func inBranch(f *os.File, quick bool) error {
	if quick {
		defer f.Close() // want
		return nil
	}
	defer f.Close()
	return f.Sync()
}

func lastOfIf(f *os.File) {
	if f != nil {
		defer f.Close() // want "the end of `lastOfIf`"
	}
}

func literalDeferred(f *os.File) {
	fmt.Println(f.Name())
	defer func() { // want "nothing can happen"
		if err := f.Close(); err != nil {
			log.Print(err)
		}
	}()
}

// The first is followed by the second, which runs first. Only the second has nothing to wait for.
func two(a, b *os.File) {
	defer a.Close()
	defer b.Close() // want
}

func withArguments(start time.Time) {
	defer log.Println("took", time.Since(start)) // want
}

func structResult(f *os.File) (*config, error) {
	defer f.Close() // want
	return &config{}, nil
}

type config struct{ name string }

var errClosed = errors.New("closed")
