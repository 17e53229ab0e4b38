package lookalikes

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

func closeAll(closers []io.Closer) {
	for _, c := range closers {
		defer c.Close()
	}
}

func closeByIndex(conns []net.Conn) {
	for i := range conns {
		defer conns[i].Close()
	}
}

func closeField(items []struct{ conn net.Conn }) {
	for _, item := range items {
		conn := item.conn
		defer conn.Close()
	}
}

func closeKeys(conns map[net.Conn]bool) {
	for conn := range conns {
		defer conn.Close()
	}
}

// All of them have to be open together.
func concatenate(w io.Writer, paths []string) error {
	var readers []io.Reader
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		readers = append(readers, f)
	}
	_, err := io.Copy(w, io.MultiReader(readers...))
	return err
}

func merge(paths []string) error {
	scanners := make(map[string]*bufio.Scanner)
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		scanners[path] = bufio.NewScanner(f)
	}
	return scan(scanners)
}

func scan(map[string]*bufio.Scanner) error { return nil }

type source struct {
	name string
	r    io.Reader
}

func sources(paths []string) ([]string, error) {
	var all []source
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		src := source{name: path}
		src.r = f
		all = append(all, src)
	}
	var names []string
	for _, src := range all {
		names = append(names, src.name)
	}
	return names, nil
}

func listeners(addresses []string, serve func([]net.Listener)) error {
	open := make([]net.Listener, len(addresses))
	for i, address := range addresses {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return err
		}
		defer l.Close()
		open[i] = l
	}
	serve(open)
	return nil
}

func leavesFunction(paths []string) (*bufio.Reader, error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return bufio.NewReader(f), nil
	}
	return nil, os.ErrNotExist
}

func leavesLoop(paths []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		break
	}
}

func panics(paths []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			continue
		}
		defer f.Close()
		panic(path)
	}
}

func labelled(dirs [][]string) (name string) {
search:
	for _, dir := range dirs {
		for _, path := range dir {
			if f, err := os.Open(path); err == nil {
				defer f.Close()
				name = f.Name()
				break search
			}
		}
	}
	return name
}

func perIteration(paths []string) {
	for _, path := range paths {
		func() {
			f, err := os.Open(path)
			if err != nil {
				return
			}
			defer f.Close()
		}()
	}
}

func goroutines(jobs []func()) {
	var wg sync.WaitGroup
	for _, job := range jobs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			job()
		}()
	}
	wg.Wait()
}

func few() {
	for _, name := range []string{"a", "b", "c"} {
		f, err := os.Create(name)
		if err != nil {
			return
		}
		defer f.Close()
	}
	for i := 0; i < 3; i++ {
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
	}
	for range 8 {
		timer := time.NewTimer(time.Second)
		defer timer.Stop()
	}
}

func afterLoop(paths []string) {
	for range paths {
	}
	f, err := os.Open("x")
	if err != nil {
		return
	}
	defer f.Close()
}

func once() {
	for {
		f, err := os.Open("x")
		if err != nil {
			return
		}
		defer f.Close()
		if _, err := f.Stat(); err != nil {
			return
		}
		break
	}
}
