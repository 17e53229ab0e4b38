package files

import (
	"errors"
	"io"
	"os"
	"strings"
)

// The variable of the outer function has it when the literal returns.
func openedInLiteral(path string) (int64, error) {
	var f *os.File
	err := again(func() error {
		var err error
		f, err = os.Open(path)
		return err
	})
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

func again(try func() error) error {
	for range 3 {
		if try() == nil {
			return nil
		}
	}
	return try()
}

// Who wrote the condition is believed.
func closedUnlessDone(path string, use func(*os.File) error) error {
	done := false
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() {
		if !done {
			f.Close()
		}
	}()
	err = use(f)
	func() { done = f.Close() == nil }()
	return err
}

// The one who started the process opened it.
func inherited() ([]byte, error) {
	return io.ReadAll(os.NewFile(uintptr(3), "requests"))
}

func standardInput() ([]byte, error) {
	return io.ReadAll(os.NewFile(0, "stdin"))
}

// So did who wrote the configuration.
func fromParent(conf *config) (*os.File, error) {
	in := os.NewFile(uintptr(conf.fd), "in")
	if conf.name == "" {
		return nil, errors.New("no name")
	}
	return in, nil
}

type config struct {
	fd   int
	name string
}

// The caller closes one of the two.
func readerAndCloser(path string) (r io.Reader, c io.Closer, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	return f, f, nil
}

func firstLine(path string) (string, error) {
	r, c, err := readerAndCloser(path)
	if err != nil {
		return "", err
	}
	defer c.Close()
	text, err := io.ReadAll(r)
	line, _, _ := strings.Cut(string(text), "\n")
	return line, err
}

// What the error is, only the struct knows.
func errorInField(path string, log *attempt) *os.File {
	var f *os.File
	f, log.err = os.Open(path)
	if log.err != nil {
		return nil
	}
	return f
}

type attempt struct{ err error }

// The lock closes its files.
func takeLock(path string) (*lock, error) {
	l := &lock{}
	taken := false
	defer func() {
		if !taken {
			l.unlock()
		}
	}()
	var err error
	l.first, err = os.OpenFile(path, os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if l.first.Name() == "" {
		return nil, errors.New("no name")
	}
	taken = true
	return l, nil
}

type lock struct{ first *os.File }

func (l *lock) unlock() {
	if l.first != nil {
		l.first.Close()
	}
}

// It goes on writing when it has returned.
func startProfile(path string, p profiler) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return p.StartProfile(f)
}

type profiler interface{ StartProfile(w io.Writer) error }

// Every round closes its own, or has the standard output.
func writeAll(paths []string) error {
	for _, path := range paths {
		out := os.Stdout
		ours := false
		if path != "" {
			var err error
			out, err = os.Create(path)
			if err != nil {
				return err
			}
			ours = true
		}
		out.WriteString("x")
		if ours {
			out.Close()
		}
	}
	return nil
}
