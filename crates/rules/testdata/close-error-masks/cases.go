package masks

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func direct(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		err = f.Close() // want "an error becomes nil"
	}()
	_, err = f.Write(data)
	return err
}

func oneLine(path string, data []byte) (n int, err error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = f.Close() }() // want
	return f.Write(data)
}

func whenBothFail(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); cerr != nil {
			err = cerr // want "`cerr` replaces the error in `err`"
		}
	}()
	_, err = f.Write(data)
	return err
}

func wrapped(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		cerr := f.Close()
		if cerr != nil {
			err = fmt.Errorf("close %s: %w", path, cerr) // want
		}
	}()
	_, err = f.Write(data)
	return err
}

func flushed(out io.Writer, lines []string) (err error) {
	w := bufio.NewWriter(out)
	defer func() {
		err = w.Flush() // want "`w.Flush()`"
	}()
	for _, line := range lines {
		if _, err := w.WriteString(line); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func body(url string) (data []byte, err error) {
	resp, err := http.Get(url)
	if err != nil {
		return nil, err
	}
	defer func() {
		err = resp.Body.Close() // want
	}()
	return io.ReadAll(resp.Body)
}

func bareReturn(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer func() {
		err = f.Close() // want
	}()
	_, err = io.Copy(io.Discard, f)
	return
}

// In a literal with a result of its own.
func inLiteral(paths []string) error {
	check := func(path string) (err error) {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() {
			err = f.Close() // want
		}()
		_, err = f.Stat()
		return err
	}
	for _, path := range paths {
		if err := check(path); err != nil {
			return err
		}
	}
	return nil
}

func twoFiles(a, b string) (err error) {
	in, err := os.Open(a)
	if err != nil {
		return err
	}
	defer func() {
		if err2 := in.Close(); err2 != nil {
			log.Println(err2)
		}
	}()
	out, err := os.Create(b)
	if err != nil {
		return err
	}
	defer func() {
		if err2 := out.Close(); err2 != nil {
			err = err2 // want
		}
	}()
	_, err = io.Copy(out, in)
	return err
}

// Right from here on.

func joined(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = f.Write(data)
	return err
}

func onlyWhenNil(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	_, err = f.Write(data)
	return err
}

func nilFirst(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		cerr := f.Close()
		if cerr != nil && err == nil {
			err = cerr
		}
	}()
	_, err = f.Write(data)
	return err
}

func leavesEarly(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			return
		}
		err = f.Close()
	}()
	_, err = f.Write(data)
	return err
}

func switched(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		cerr := f.Close()
		switch {
		case err != nil:
			log.Println(cerr)
		case cerr != nil:
			err = cerr
		}
	}()
	_, err = f.Write(data)
	return err
}

func bothTold(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); cerr != nil {
			err = fmt.Errorf("%w (and close: %v)", err, cerr)
		}
	}()
	_, err = f.Write(data)
	return err
}

// There is no error before.
func nothingBefore(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = f.Close() }()
	log.Println(f.Name())
	return nil
}

// A variable of the literal, not the result.
func own(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		err := f.Close()
		log.Println(err)
	}()
	_, err = f.Write(data)
	return err
}

// The result has no name; what the literal sets nobody gets.
func unnamed(path string, data []byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		err = f.Close()
	}()
	_, err = f.Write(data)
	return err
}

func bare(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func recovered(do func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	do()
	return nil
}

func otherCall(do func() error, restore func() error) (err error) {
	defer func() { err = restore() }()
	return do()
}

// Not deferred: it looks at what it does.
func called(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	done := func() { err = f.Close() }
	if _, err = f.Write(data); err != nil {
		return err
	}
	done()
	return err
}

// Through a pointer, in a helper.
func byHelper(path string, data []byte) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer closeInto(f, &err) // bug-missed
	_, err = f.Write(data)
	return err
}

func closeInto(c io.Closer, err *error) {
	*err = c.Close()
}
