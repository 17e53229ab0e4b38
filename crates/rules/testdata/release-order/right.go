package order

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func rightOrder(path string, lines []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	defer w.Flush()
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	return nil
}

// Everything is there when the file is closed.
func flushedByHand(path string, lines []string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	defer w.Flush()
	defer f.Close()
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	return w.Flush()
}

func readers(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	zr, err := gzip.NewReader(f)
	if err != nil {
		f.Close()
		return nil, err
	}
	defer zr.Close()
	defer f.Close()
	return io.ReadAll(zr)
}

func twoFiles(a, b string) error {
	f, err := os.Create(a)
	if err != nil {
		return err
	}
	defer f.Close()
	g, err := os.Create(b)
	if err != nil {
		return err
	}
	defer g.Close()
	w := bufio.NewWriter(g)
	defer w.Flush()
	_, err = fmt.Fprintln(w, f.Name())
	return err
}

func archiveInOrder(out io.Writer, name string) error {
	zw := gzip.NewWriter(out)
	defer zw.Close()
	tw := tar.NewWriter(zw)
	defer tw.Close()
	return tw.WriteHeader(&tar.Header{Name: name})
}

func closedOnError(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	zw := gzip.NewWriter(f)
	defer zw.Close()
	if _, err := zw.Write(data); err != nil {
		f.Close()
		return err
	}
	return nil
}

func takenAfter(data []byte) ([]byte, error) {
	var buf bytes.Buffer
	zw := gzip.NewWriter(&buf)
	defer zw.Close()
	if _, err := zw.Write(data); err != nil {
		return nil, err
	}
	if err := zw.Close(); err != nil {
		return nil, err
	}
	return buf.Bytes(), nil
}

// The caller looks into the buffer when it is complete.
func bufferItself(data []byte) (*bytes.Buffer, error) {
	buf := new(bytes.Buffer)
	zw := gzip.NewWriter(buf)
	defer zw.Close()
	_, err := zw.Write(data)
	return buf, err
}

// What was in the buffer before is no matter of the writer.
func takenBefore(data []byte) string {
	var buf bytes.Buffer
	buf.WriteString("head")
	head := buf.String()
	zw := gzip.NewWriter(&buf)
	defer zw.Close()
	zw.Write(data)
	return head
}

func removedAfterClose(data []byte) error {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func closedByHandFirst(data []byte) error {
	f, err := os.CreateTemp("", "x")
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.Remove(f.Name())
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Close()
}

func otherDirectory(data []byte) error {
	dir, err := os.MkdirTemp("", "x")
	if err != nil {
		return err
	}
	f, err := os.Create(filepath.Join(os.TempDir(), "data"))
	if err != nil {
		return err
	}
	defer f.Close()
	defer os.RemoveAll(dir)
	_, err = f.Write(data)
	return err
}

func cancelBeforeWait(ctx context.Context, ticks <-chan int) {
	ctx, cancel := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer cancel()
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
	}()
	<-ticks
}

// The goroutine has an end of its own.
func ownEnd(ctx context.Context, ticks <-chan int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		for {
			select {
			case <-ctx.Done():
				return
			case n, ok := <-ticks:
				if !ok {
					return
				}
				fmt.Println(n)
			}
		}
	}()
}

// The function itself stays until the context has ended.
func untilTheEnd(ctx context.Context, ticks <-chan int) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
	}()
	<-ctx.Done()
}

func cancelledByHand(ctx context.Context, work func()) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
	}()
	work()
	cancel()
}

func timesOut(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Add(1)
	go func() {
		defer wg.Done()
		<-ctx.Done()
	}()
}

func closedByHandBefore(jobs []int) {
	ch := make(chan int)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(ch)
	wg.Add(1)
	go func() {
		defer wg.Done()
		for job := range ch {
			fmt.Println(job)
		}
	}()
	for _, job := range jobs {
		ch <- job
	}
}

func (c *counter) locked(work func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.n-- }()
	c.n++
	work()
}

func (c *counter) locksAgain(work func()) {
	c.mu.Lock()
	defer func() {
		c.mu.Lock()
		c.n--
		c.mu.Unlock()
	}()
	defer c.mu.Unlock()
	work()
}

func (c *counter) other(d *counter, work func()) {
	c.mu.Lock()
	defer func() { d.n-- }()
	defer c.mu.Unlock()
	work()
}
