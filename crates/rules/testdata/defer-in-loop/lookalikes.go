package lookalikes

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
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

// The literal has the element as its argument.
func closeArgument(closers []io.Closer) {
	for _, c := range closers {
		defer func(c io.Closer) {
			c.Close()
		}(c)
	}
}

// What is done after the loop is meant to be.
func afterwards(numbers []int) (sum int) {
	for _, n := range numbers {
		if n < 0 {
			defer func() { sum -= n }()
			continue
		}
		sum += n
	}
	return sum
}

func lazily(chunks [][]byte, get func() *bufio.Writer, put func(*bufio.Writer)) {
	var w *bufio.Writer
	for _, chunk := range chunks {
		if w == nil {
			w = get()
			defer put(w)
		}
		w.Write(chunk)
	}
}

type cache struct {
	dir  string
	lock bool
}

func (c *cache) lazyField(names []string) error {
	for _, name := range names {
		if c.dir == "" {
			dir, err := os.MkdirTemp("", "cache")
			if err != nil {
				return err
			}
			c.dir = dir
			defer os.RemoveAll(dir)
		}
		if err := os.WriteFile(c.dir+"/"+name, nil, 0o600); err != nil {
			return err
		}
	}
	return nil
}

func secondTry(open func(legacy bool) (*os.File, error)) error {
	legacy := false
again:
	f, err := open(legacy)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Stat(); err != nil && !legacy {
		legacy = true
		goto again
	}
	return nil
}

// What was done so far is undone when the function fails.
func allOrNothing(paths []string) (err error) {
	for _, path := range paths {
		if err := os.Mkdir(path, 0o700); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				os.Remove(path)
			}
		}()
	}
	return nil
}

func allOrNothingFlag(names []string, open func(string) (*os.File, error), use func(*os.File)) error {
	done := false
	for _, name := range names {
		f, err := open(name)
		if err != nil {
			return err
		}
		defer func() {
			if !done {
				f.Close()
			}
		}()
		use(f)
	}
	done = true
	return nil
}

// Names of files that are needed after the loop.
func heredocs(texts []string, run func([]string) error) error {
	var paths []string
	for _, text := range texts {
		dir, err := os.MkdirTemp("", "x")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path := dir + "/text"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return err
		}
		paths = append(paths, path)
	}
	return run(paths)
}

type node struct {
	parent *node
	mu     sync.Mutex
	done   bool
}

// All ancestors are locked on purpose.
func (n *node) open() *node {
	for parent := n.parent; parent != nil; parent = parent.parent {
		parent.mu.Lock()
		defer parent.mu.Unlock()
		if !parent.done {
			return parent
		}
	}
	return nil
}

func caught(jobs []func()) (err error) {
	for _, job := range jobs {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("job: %v", r)
			}
		}()
		job()
	}
	return nil
}

func interfaces(things []any) {
	for _, thing := range things {
		switch thing := thing.(type) {
		case io.Closer:
			defer thing.Close()
		}
		if f, ok := thing.(*os.File); ok {
			defer f.Close()
		}
	}
}
