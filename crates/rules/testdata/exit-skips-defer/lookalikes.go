package lookalikes

import (
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

func try() error { return nil }

func lock(mu *sync.Mutex) {
	mu.Lock()
	defer mu.Unlock()
	if try() != nil {
		os.Exit(1)
	}
}

func cancelled() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	<-ctx.Done()
	os.Exit(0)
}

func counted(wg *sync.WaitGroup) {
	defer wg.Done()
	log.Fatal(try())
}

func ticking() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	for range t.C {
		if err := try(); err != nil {
			log.Fatal(err)
		}
	}
}

func signals(c chan os.Signal) {
	defer signal.Stop(c)
	log.Fatal(try())
}

func file(path string) {
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("x"); err != nil {
		log.Fatal(err)
	}
}

func connection(c net.Conn, l net.Listener) {
	defer c.Close()
	defer l.Close()
	log.Fatal(try())
}

func database(db *sql.DB, rows *sql.Rows, tx *sql.Tx) {
	defer db.Close()
	defer rows.Close()
	defer tx.Rollback()
	log.Fatal(try())
}

func served(s *http.Server, r *http.Response) {
	defer s.Close()
	defer s.Shutdown(context.Background())
	defer r.Body.Close()
	log.Fatal(try())
}

func decompressed(z *gzip.Reader) {
	defer z.Close()
	log.Fatal(try())
}

func caught(w *bufio.Writer) {
	defer func() {
		if r := recover(); r != nil {
			w.Flush()
		}
	}()
	log.Fatal(try())
}

func logged() {
	defer log.Print("the end")
	defer fmt.Println("bye")
	os.Exit(1) // want "is not printed"
}

func byHand(w *bufio.Writer) {
	defer w.Flush()
	if err := try(); err != nil {
		w.Flush()
		os.Exit(1)
	}
}

func byHandInBoth(dir string, nice bool) {
	defer os.RemoveAll(dir)
	if nice {
		os.RemoveAll(dir)
	} else {
		_ = os.RemoveAll(dir)
	}
	os.Exit(1)
}

func byHandCalled(cleanup func()) {
	defer cleanup()
	if try() != nil {
		cleanup()
		os.Exit(1)
	}
}

func byHandClosed(z *gzip.Writer) {
	defer func() { _ = z.Close() }()
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
}

func before(path string) *bufio.Writer {
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	w := bufio.NewWriter(f)
	defer w.Flush()
	return w
}

func otherPath(w *bufio.Writer, buffered bool) {
	if buffered {
		defer w.Flush()
		_ = try()
		return
	}
	os.Exit(1)
}

func otherGoroutine(w *bufio.Writer) {
	defer w.Flush()
	go func() {
		log.Fatal(try())
	}()
}

func handler(w *bufio.Writer) func() {
	defer w.Flush()
	return func() {
		os.Exit(1)
	}
}

type exiter struct{}

func (exiter) Exit(int) {}

func shadowed(w *bufio.Writer) {
	var os exiter
	defer w.Flush()
	os.Exit(1)
}

func panics(w *bufio.Writer) {
	defer w.Flush()
	panic("deferred calls run")
}

func unrelated(observe func()) {
	defer observe()
	os.Exit(1)
}

type counter struct{ n int }

func (c *counter) cleanup() { c.n = 0 }

func memory(c *counter) {
	defer c.cleanup()
	if try() != nil {
		os.Exit(1)
	}
}

func earlierInDeferred(w *bufio.Writer) {
	defer func() {
		if try() != nil {
			os.Exit(1)
		}
	}()
	defer w.Flush()
}

func outerDone(w *bufio.Writer) {
	defer w.Flush()
	func() {
		w.Flush()
		os.Exit(1)
	}()
}

// What is removed only when the function fails is not skipped by an exit in the middle.
func undoneOnFailure(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(path)
		}
	}()
	if _, err := f.WriteString("x"); err != nil {
		return err
	}
	if len(path) > 100 {
		os.Exit(3)
	}
	return f.Close()
}

// Nothing has been written yet.
func emptyBuffer(path string) {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	f, err := os.Open(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	fmt.Fprintln(w, f.Name())
}

type assembler struct{ out *bufio.Writer }

func emptyField(a *assembler, path string) {
	a.out = bufio.NewWriter(os.Stdout)
	defer a.out.Flush()
	if _, err := os.Stat(path); err != nil {
		log.Fatal(err)
	}
	fmt.Fprintln(a.out, path)
}

// Another name for the buffer, which nothing uses before the exit.
func emptyUnderTwoNames(path string, report func(io.Writer)) {
	var out io.Writer
	w := bufio.NewWriter(os.Stdout)
	out = w
	defer w.Flush()
	if _, err := os.Stat(path); err != nil {
		log.Fatal(err)
	}
	report(out)
}

// The end of the process closes sockets; functions of the standard library are known by more than
// their names.
func standardLibrary(fd int) {
	defer syscall.Shutdown(fd, syscall.SHUT_RDWR)
	if fd > 3 {
		os.Exit(1)
	}
}
