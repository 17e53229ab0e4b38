package files

import (
	"archive/zip"
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"sync"
)

// The error of the first open is lost, not its file.
func shadowed(path string) (err error) {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil {
		return err
	} else if info.IsDir() {
		return errors.New("a directory")
	}
	return f.Close()
}

// When the second open fails, err is set and the first file is closed; when it does not, nothing is.
func closedOnlyOnError(a, b string) (err error) {
	in, err := os.Open(a) // bug-missed
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			in.Close()
		}
	}()
	_, err = os.Stat(b)
	return err
}

// Only the last file is closed.
func lastOne(paths []string) (err error) {
	var f *os.File
	defer func() {
		if f != nil {
			f.Close()
		}
	}()
	for _, path := range paths {
		f, err = os.Open(path) // want "overwritten"
		if err != nil {
			return err
		}
		fmt.Println(f.Name())
	}
	return nil
}

func closedTwoLevelsDown(path string, depth int) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return descend(f, depth)
}

func descend(f *os.File, depth int) error {
	if depth == 0 {
		return finish(f)
	}
	return finish(f)
}

func finish(f *os.File) error {
	defer f.Close()
	_, err := f.Stat()
	return err
}

// The helper only looks.
func size(f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func givenToHelper(path string) int64 {
	f, err := os.Open(path) // want
	if err != nil {
		return 0
	}
	return size(f)
}

// A reader over a file does not close it.
func decoded(path string, v any) error {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	return json.NewDecoder(bufio.NewReader(f)).Decode(v)
}

func nopCloser(path string) (io.ReadCloser, error) {
	f, err := os.Open(path) // bug-missed
	if err != nil {
		return nil, err
	}
	return io.NopCloser(f), nil
}

func labelled(paths []string) error {
next:
	for _, path := range paths {
		f, err := os.Open(path) // want
		if err != nil {
			return err
		}
		for i := range 3 {
			if i == len(path) {
				continue next
			}
		}
		f.Close()
	}
	return nil
}

func selectForgets(path string, ctx context.Context, files chan *os.File) error {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	select {
	case files <- f:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func typeSwitch(v any) error {
	switch v := v.(type) {
	case string:
		f, err := os.Open(v) // want
		if err != nil {
			return err
		}
		_, err = f.Stat()
		return err
	case *os.File:
		return v.Close()
	}
	return nil
}

func constructorFailsMidway(dir string) (*pair, error) {
	// half-built-object speaks of it where it runs.
	a, err := os.Open(filepath.Join(dir, "a")) // want
	if err != nil {
		return nil, err
	}
	p := &pair{a: a}
	if p.b, err = os.Open(filepath.Join(dir, "b")); err != nil {
		return nil, err
	}
	return p, nil
}

type pair struct{ a, b *os.File }

func (p *pair) Close() error { return errors.Join(p.a.Close(), p.b.Close()) }

func constructorCleansUp(dir string) (_ *pair, err error) {
	p := &pair{}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	if p.a, err = os.Open(filepath.Join(dir, "a")); err != nil {
		return nil, err
	}
	if p.b, err = os.Open(filepath.Join(dir, "b")); err != nil {
		return nil, err
	}
	return p, nil
}

func stackOfClosers(paths []string) (err error) {
	var undo []func() error
	defer func() {
		for i := len(undo) - 1; i >= 0; i-- {
			err = errors.Join(err, undo[i]())
		}
	}()
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		undo = append(undo, f.Close)
	}
	return nil
}

func closedInLoop(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	for {
		line := make([]byte, 1)
		if _, err := f.Read(line); err != nil {
			f.Close()
			if err == io.EOF {
				return nil
			}
			return err
		}
	}
}

func waitGroup(paths []string) {
	var wg sync.WaitGroup
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			log.Print(err)
			continue
		}
		wg.Add(1)
		go func(f *os.File) {
			defer wg.Done()
			defer f.Close()
			io.Copy(io.Discard, f)
		}(f)
	}
	wg.Wait()
}

func otherSource(path string) error {
	f := os.Stdin
	if path != "-" {
		var err error
		if f, err = os.Open(path); err != nil {
			return err
		}
		defer f.Close()
	}
	_, err := io.Copy(os.Stdout, f)
	return err
}

func otherSourceComparedLater(path string) error {
	var f *os.File
	if path == "-" {
		f = os.Stdin
	} else {
		var err error
		f, err = os.Open(path)
		if err != nil {
			return err
		}
	}
	if f != os.Stdin {
		defer f.Close()
	}
	_, err := io.Copy(os.Stdout, f)
	return err
}

func retried(path string) (*os.File, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = os.Create(path)
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

func firstOf(paths ...string) (f *os.File, err error) {
	for _, path := range paths {
		if f, err = os.Open(path); err == nil {
			break
		}
	}
	return f, err
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func throughGeneric(path string) {
	f := must(os.Open(path))
	defer f.Close()
	fmt.Println(f.Name())
}

func throughGenericForgotten(path string) {
	f := must(os.Open(path)) // bug-missed
	fmt.Println(f.Name())
}

func once(path string) (io.Reader, func() error, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return f, sync.OnceValue(f.Close), nil
}

func afterContext(ctx context.Context, path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { f.Close() })
	return f, nil
}

type multi struct{ closers []io.Closer }

func (m *multi) add(c io.Closer) { m.closers = append(m.closers, c) }

func added(m *multi, path string) (io.Reader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	m.add(f)
	return bufio.NewReader(f), nil
}

func inherited() *os.File {
	return os.NewFile(3, "socket")
}

func logs(path string) error {
	f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	log.SetOutput(f)
	return nil
}

func logger(path string) (*log.Logger, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return log.New(f, "", 0), nil
}

func archive(path string) (*zip.Writer, error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return zip.NewWriter(f), nil
}

func errorFirst(path string) (err error) {
	var f *os.File
	if f, err = os.Open(path); err != nil {
		goto done
	}
	_, err = f.Stat()
	f.Close()
done:
	return err
}

func deferredParameter(path string) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer closeInto(&err, f)
	_, err = f.WriteString("x")
	return err
}

func closeInto(err *error, c io.Closer) {
	*err = errors.Join(*err, c.Close())
}

func conditionTwice(path string, wanted bool) error {
	var f *os.File
	var err error
	if wanted {
		if f, err = os.Open(path); err != nil {
			return err
		}
	}
	fmt.Println("between")
	if wanted {
		f.Close()
	}
	return nil
}

func walks(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = io.Copy(io.Discard, f)
		return err
	})
}

func walksForgets(root string) error {
	return filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path) // want
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, f)
		return err
	})
}

func fromFS(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name) // want
	if err != nil {
		return nil, err
	}
	return io.ReadAll(f)
}

func fromFSClosed(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// What the number was before tells which file there is.
func resumed(path string, size int64) error {
	var f *os.File
	var err error
	if size > 0 {
		f, err = os.OpenFile(path, os.O_RDWR, 0o644)
		if err != nil {
			size = 0
		} else if _, seekErr := f.Seek(size, io.SeekStart); seekErr != nil {
			f.Close()
			size = 0
		}
	}
	if size == 0 {
		f, err = os.Create(path)
		if err != nil {
			return err
		}
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

// The same with a number that changes in between.
func resumedWrongly(path string, size int64) error {
	var f *os.File
	var err error
	if size > 0 {
		f, err = os.OpenFile(path, os.O_RDWR, 0o644) // want "overwritten on one path"
		if err != nil {
			return err
		}
		size--
	}
	if size == 0 {
		f, err = os.Create(path)
		if err != nil {
			return err
		}
	}
	defer f.Close()
	_, err = f.Stat()
	return err
}

// A text that is empty or not, both times.
func onlyWithName(name string, w io.Writer) error {
	var f *os.File
	if name != "" {
		var err error
		if f, err = os.Create(name); err != nil {
			return err
		}
		w = f
	}
	fmt.Fprintln(w, "hello")
	if name != "" {
		return f.Close()
	}
	return nil
}

func switchOnMode(path, mode string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	switch mode {
	case "":
		f.Close()
	default:
		f.Sync()
	}
	if mode != "" {
		return f.Close()
	}
	return nil
}

// What is around it closes it.
func aroundInterface(path string, bars progress) error {
	var r io.ReadCloser
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	r = bars.around(f)
	defer r.Close()
	_, err = io.Copy(io.Discard, r)
	return err
}

type progress interface {
	around(r io.Reader) io.ReadCloser
}

// What the pointer points to is set, not the pointer.
func throughPointer(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	g := f
	*g = *f
	return g.Close()
}
