package main

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime/pprof"
	"runtime/trace"
	"syscall"
	"text/tabwriter"
)

func main() {
	copyLines(os.Args[1])
}

func work() error { return errors.New("no work") }

func copyLines(path string) {
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	data, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err) // nothing is in the buffer
	}
	if _, err := out.Write(data); err != nil {
		log.Fatal(err) // want "the deferred `out.Flush()` does not run: what is still buffered is lost"
	}
}

func scratch() {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1) // want "stays on disk"
	}
}

func profile(path string) {
	f, err := os.Create(path)
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	if err := pprof.StartCPUProfile(f); err != nil {
		log.Fatal(err)
	}
	defer pprof.StopCPUProfile()
	if work() != nil {
		syscall.Exit(2) // want "the profile stays incomplete"
	}
}

func traced(f *os.File, enabled bool) {
	if enabled {
		if err := trace.Start(f); err != nil {
			log.Fatal(err)
		}
		defer trace.Stop()
	}
	if work() != nil {
		os.Exit(1) // want "trace.Stop()"
	}
}

func archive(f *os.File) {
	z := gzip.NewWriter(f)
	defer z.Close()
	if err := work(); err != nil {
		log.Fatalf("archive: %v", err) // want "z.Close()"
	}
}

func bundle(z *zip.Writer) {
	defer func() {
		if err := z.Close(); err != nil {
			log.Print(err)
		}
	}()
	if err := work(); err != nil {
		log.Fatalln(err) // want "z.Close()"
	}
}

func table() int {
	t := tabwriter.NewWriter(os.Stdout, 0, 8, 1, ' ', 0)
	defer t.Flush()
	fmt.Fprintln(t, "name\tvalue")
	if work() != nil {
		os.Exit(3) // want "t.Flush()"
	}
	return 0
}

func always(w *csv.Writer) {
	defer w.Flush()
	_ = w.Write([]string{"a", "b"})
	os.Exit(0) // want
}

func removeLock() {
	_ = os.Remove("app.lock")
}

func locked() {
	defer removeLock()
	if err := work(); err != nil {
		log.Fatal(err) // want "the deferred `removeLock()` does not run"
	}
}

type report struct {
	out *bufio.Writer
}

func (r *report) Close() error {
	return r.out.Flush()
}

func written(r *report) {
	defer r.Close()
	if err := work(); err != nil {
		log.Fatal(err) // want "r.Close()"
	}
}

func variable() {
	cleanup := func() {
		os.RemoveAll("scratch")
	}
	defer cleanup()
	if work() != nil {
		os.Exit(1) // want "cleanup()"
	}
}

func byName(cleanup func()) {
	defer cleanup()
	if work() != nil {
		os.Exit(1) // want "cleanup()"
	}
}

func inPlace(w *bufio.Writer) {
	defer w.Flush()
	func() {
		if work() != nil {
			os.Exit(1) // want
		}
	}()
}

func inDeferred(dir string) (err error) {
	defer os.RemoveAll(dir)
	defer func() {
		if err != nil {
			os.Exit(1) // want "os.RemoveAll(…)"
		}
	}()
	return work()
}

func deferredExit(w *bufio.Writer) {
	defer w.Flush()
	defer os.Exit(1) // want
	_ = work()
}

func child(cmd *exec.Cmd) {
	if err := cmd.Start(); err != nil {
		log.Fatal(err)
	}
	defer cmd.Process.Kill()
	if err := work(); err != nil {
		log.Fatal(err) // want-types "the other process"
	}
}

func twoSteps(w *bufio.Writer, dir string) {
	defer w.Flush()
	if work() != nil {
		os.Exit(1) // want "w.Flush()"
	}
	defer os.RemoveAll(dir)
	if work() != nil {
		os.Exit(2) // want "os.RemoveAll(…)"
	}
}

func onePath(w *bufio.Writer, neat bool) {
	defer w.Flush()
	if neat {
		w.Flush()
	}
	os.Exit(1) // want
}

func ownGoroutine(w *bufio.Writer) {
	go func() {
		defer w.Flush()
		log.Fatal(work()) // want
	}()
}

func ownLogger(l *log.Logger, w *bufio.Writer) {
	defer w.Flush()
	if err := work(); err != nil {
		l.Fatal(err) // want-types
	}
}

func joined(w *bufio.Writer, f *os.File) {
	defer func() {
		if err := errors.Join(w.Flush(), f.Close()); err != nil {
			log.Print(err)
		}
	}()
	if err := work(); err != nil {
		log.Fatalf("joined: %v", err) // want "w.Flush()"
	}
}

// The first round has written what the second loses.
func laterRound(paths []string) {
	w := bufio.NewWriter(os.Stdout)
	defer w.Flush()
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			log.Fatal(err) // want "what is still buffered is lost"
		}
		fmt.Fprintln(w, path)
	}
}

// What the caller has written is lost.
func handed(w *bufio.Writer, path string) {
	defer w.Flush()
	if _, err := os.Stat(path); err != nil {
		log.Fatal(err) // want
	}
}

func writtenUnderAnotherName(path string, report func(io.Writer)) {
	var out io.Writer
	w := bufio.NewWriter(os.Stdout)
	out = w
	defer w.Flush()
	report(out)
	if _, err := os.Stat(path); err != nil {
		log.Fatal(err) // want
	}
}

func inRoot(root *os.Root) {
	defer root.RemoveAll("tmp")
	if root.Name() == "/" {
		os.Exit(1) // want "root.RemoveAll(…)"
	}
}
