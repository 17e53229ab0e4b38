package order

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
)

func flushAfterClose(path string, lines []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	defer w.Flush()
	defer f.Close() // want "`f.Close()` runs before `w.Flush()`, so what `w` still holds back is lost"
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	return nil
}

func archive(out io.WriteCloser, name string, data []byte) error {
	zw := gzip.NewWriter(out)
	tw := tar.NewWriter(zw)
	defer tw.Close()
	defer zw.Close() // want "`zw.Close()` runs before `tw.Close()`"
	if err := tw.WriteHeader(&tar.Header{Name: name, Size: int64(len(data))}); err != nil {
		return err
	}
	_, err := tw.Write(data)
	return err
}

func inLiterals(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	zw, err := gzip.NewWriterLevel(f, gzip.BestSpeed)
	if err != nil {
		f.Close()
		return err
	}
	defer func() {
		if cerr := zw.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = zw.Write(data)
	return err
}

func inOneLiteral(f *os.File, records [][]string) {
	w := csv.NewWriter(f)
	defer func() { // want "`f.Close()` runs before `w.Flush()`"
		f.Close()
		w.Flush()
	}()
	for _, record := range records {
		w.Write(record)
	}
}

func literals(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	zw := gzip.NewWriter(f)
	defer func() {
		_ = zw.Close()
	}()
	defer func() { // want
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = zw.Write(data)
	return err
}

// The file is closed by hand, and the rest of the data comes after that.
func closedByHand(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	zw := gzip.NewWriter(f)
	defer zw.Close() // want "`f.Close()` comes before the deferred `zw.Close()`"
	if _, err := zw.Write(data); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

// The trailer is not in what is returned.
func takenTooEarly(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	defer zw.Close() // want "`buf.Bytes()` comes before the deferred `zw.Close()`, so what `zw` still holds back is missing in it"
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

func takenAsText(records [][]string) string {
	buf := new(bytes.Buffer)
	w := csv.NewWriter(buf)
	defer w.Flush() // want
	for _, record := range records {
		w.Write(record)
	}
	return buf.String()
}

func removedWhileOpen(data []byte) error {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.Remove(f.Name()) // want "`os.Remove(…)` runs before `f.Close()`, and a file that is open is not removed on Windows"
	_, err = f.Write(data)
	return err
}

func directoryRemovedWhileOpen(data []byte) error {
	dir, err := os.MkdirTemp("", "x")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, "data")
	f, err := os.Create(path)
	if err != nil {
		os.RemoveAll(dir)
		return err
	}
	defer f.Close()
	defer os.RemoveAll(dir) // want
	_, err = f.Write(data)
	return err
}

func waitBeforeCancel(ctx context.Context, ticks <-chan int, work func(int) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait() // want "`wg.Wait()` runs before `cancel()`, and the goroutines that it waits for only end when they are cancelled"
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case n := <-ticks:
				fmt.Println(n)
			}
		}
	}()
	return work(1)
}

func waitBeforeClose(jobs []int) {
	ch := make(chan int)
	defer close(ch)
	var wg sync.WaitGroup
	defer wg.Wait() // want "only end when the channel is closed"
	for range 4 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for job := range ch {
				fmt.Println(job)
			}
		}()
	}
	for _, job := range jobs {
		ch <- job
	}
}

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) run(work func()) {
	c.mu.Lock()
	defer func() { c.n-- }()
	defer c.mu.Unlock() // want "`c.mu.Unlock()` runs before the deferred literal that writes `c.n`, which the lock guards"
	c.n++
	work()
}

// Opened again by the name of the first.
func openedAgain(dst io.Writer) error {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	g, err := os.Open(f.Name())
	if err != nil {
		return err
	}
	defer g.Close()
	defer os.Remove(f.Name()) // want
	_, err = io.Copy(dst, g)
	return err
}

// In one literal, twice: one finding.
func removedInLiteral(data []byte) (err error) {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	defer func() { // want
		if err != nil {
			os.Remove(f.Name())
		} else if err = os.Rename(f.Name(), "x"); err != nil {
			os.Remove(f.Name())
		}
		f.Close()
	}()
	_, err = f.Write(data)
	return err
}
