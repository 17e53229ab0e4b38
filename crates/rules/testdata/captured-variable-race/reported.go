package race

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"sync"
	"testing"
	"time"
)

func fetch(string) (string, error) { return "", errors.New("no") }

func handle(io.Reader) {}

func sharedError(dst io.WriteCloser, src io.Reader, control func() error) error {
	var err error
	go func() {
		_, err = io.Copy(dst, src) // want "assigns `err` while the function that started it assigns it"
	}()
	err = control()
	return err
}

func errorIsRedeclared(url string) (string, error) {
	first, err := fetch(url)
	go func() {
		_, err = fetch(url + "/more") // want "a data race"
	}()
	second, err := fetch(url)
	return first + second, err
}

func namedResult(url string) (err error) {
	go func() {
		_, err = fetch(url) // want
	}()
	return nil
}

// That the command has ended says nothing about the goroutine.
func waitsForAnother(cmd *exec.Cmd, in io.Reader) error {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	var copyErr error
	go func() {
		_, copyErr = io.Copy(stdin, in) // want-types "while the function that started it reads it"
		stdin.Close()
	}()
	if err := cmd.Wait(); err != nil {
		return err
	}
	return copyErr
}

func sleeps() bool {
	done := false
	go func() {
		fetch("a")
		done = true // want
	}()
	time.Sleep(time.Second)
	return done
}

func polls() {
	stop := false
	go func() {
		for !stop { // want "the goroutine reads `stop` while the function that started it assigns it"
			time.Sleep(time.Millisecond)
		}
	}()
	fetch("b")
	stop = true
}

func collects(urls []string) []string {
	var found []string
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func() {
			defer wg.Done()
			text, err := fetch(url)
			if err != nil {
				return
			}
			found = append(found, text) // want "each goroutine that the loop starts assigns `found`"
		}()
	}
	wg.Wait()
	return found
}

func counts(urls []string) int {
	failed := 0
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Go(func() {
			if _, err := fetch(url); err != nil {
				failed++ // want "in which values are lost"
			}
		})
	}
	wg.Wait()
	return failed
}

func fillsMap(urls []string) map[string]string {
	texts := make(map[string]string)
	var wg sync.WaitGroup
	for _, url := range urls {
		wg.Add(1)
		go func(url string) {
			defer wg.Done()
			text, _ := fetch(url)
			texts[url] = text // want "writes to `texts`"
		}(url)
	}
	wg.Wait()
	return texts
}

func doesNotWaitForAll(urls []string) error {
	var last error
	for _, url := range urls {
		go func() {
			_, last = fetch(url) // want
		}()
	}
	return last
}

func twoGoroutines() error {
	var err error
	var wg sync.WaitGroup
	wg.Add(2)
	go func() {
		defer wg.Done()
		_, err = fetch("a") // want "while another one uses it"
	}()
	go func() {
		defer wg.Done()
		_, err = fetch("b")
	}()
	wg.Wait()
	return err
}

func acceptsIntoOne(l net.Listener) error {
	var conn net.Conn
	var err error
	for {
		conn, err = l.Accept()
		if err != nil {
			return err
		}
		go func() {
			handle(conn) // want-types "reads `conn`"
		}()
	}
}

func onlyOneWayWaits(url string, quick bool) string {
	text := ""
	done := make(chan bool)
	go func() {
		text, _ = fetch(url) // want
		close(done)
	}()
	if !quick {
		<-done
	}
	return text
}

func progress(urls []string) {
	count := 0
	go func() {
		for range time.Tick(time.Second) {
			fmt.Println(count) // want
		}
	}()
	for _, url := range urls {
		fetch(url)
		count++
	}
}

func TestServes(t *testing.T) {
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		var conn net.Conn
		conn, err = l.Accept() // want-types
		if err != nil {
			t.Error(err)
			return
		}
		conn.Close()
	}()
	conn, err := net.Dial("tcp", "localhost:1")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func literalInVariable(url string) string {
	text := ""
	load := func() {
		text, _ = fetch(url) // want
	}
	go load()
	return text
}

// All rounds of this loop share the variable in any version.
func declaredBeforeTheLoop(urls []string) {
	var url string
	for _, url = range urls {
		go func() {
			fetch(url) // want "reads `url` while the function that started it assigns it"
		}()
	}
}
