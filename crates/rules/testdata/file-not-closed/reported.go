package files

import (
	"errors"
	"fmt"
	"io"
	"os"
)

func earlyReturn(path string) (int64, error) {
	f, err := os.Open(path) // want "is not closed on every path"
	if err != nil {
		return 0, err
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	f.Close()
	return info.Size(), nil
}

func never(path string) error {
	f, err := os.Create(path) // want "the file `f` that `os.Create(…)` gives is never closed"
	if err != nil {
		return err
	}
	_, err = f.WriteString("done\n")
	return err
}

func nobodyHolds(path string) error {
	_, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL, 0o600) // want "nothing holds the file"
	return err
}

func nextOneOpened(paths []string) error {
	var f *os.File
	for _, path := range paths {
		var err error
		f, err = os.Open(path) // want "is overwritten"
		if err != nil {
			return err
		}
		fmt.Println(f.Name())
	}
	return nil
}

func perRound(paths []string) int {
	count := 0
	for _, path := range paths {
		f, err := os.Open(path) // want
		if err != nil {
			continue
		}
		if info, err := f.Stat(); err == nil && info.Size() > 0 {
			count++
			continue
		}
		f.Close()
	}
	return count
}

// Only the error that says the file is missing is looked at.
func notEveryError(path string) error {
	f, err := os.Open(path) // want
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	fmt.Println(f, err)
	return err
}

func secondFails(a, b string) error {
	in, err := os.Open(a) // want "`os.Open(…)` gives is not closed on every path"
	if err != nil {
		return err
	}
	out, err := os.Create(b)
	if err != nil {
		return err
	}
	defer in.Close()
	defer out.Close()
	_, err = io.Copy(out, in)
	return err
}

func switchForgets(path string, mode int) error {
	f, err := os.Open(path) // want
	switch {
	case err != nil:
		return err
	case mode == 1:
		return f.Close()
	case mode == 2:
		fmt.Println(f.Name())
	default:
		f.Close()
	}
	return nil
}

func openIt(path string) (*os.File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", path, err)
	}
	return f, nil
}

func throughHelper(path string) error {
	f, err := openIt(path) // want "`openIt(…)` gives is never closed"
	if err != nil {
		return err
	}
	fmt.Println(f.Name())
	return nil
}

func nested(path string) {
	if f, err := os.Open(path); err == nil { // want
		if info, err := f.Stat(); err == nil {
			fmt.Println(info.Size())
			f.Close()
		}
	}
}

func inLiteral(paths []string) func() error {
	return func() error {
		for _, path := range paths {
			f, err := os.Open(path) // want
			if err != nil {
				return err
			}
			fmt.Println(f.Name())
		}
		return nil
	}
}

func guardIsWrong(path string, keep bool) error {
	f, err := os.Open(path) // want
	if err != nil {
		return err
	}
	if keep {
		defer f.Close()
	}
	_, err = f.Stat()
	return err
}

func breakSkips(path string, lines []string) error {
	f, err := os.Create(path) // want
	if err != nil {
		return err
	}
outer:
	for _, line := range lines {
		for range line {
			if line == "" {
				break outer
			}
			return nil
		}
	}
	return f.Close()
}

// `return nil, err` sets f to nil before the deferred literal runs, so that closes nothing.
func resultSetToNil(path string) (f *os.File, err error) {
	f, err = os.Create(path) // want "on every path"
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			f.Close()
		}
	}()
	if _, err = f.WriteString("head\n"); err != nil {
		return nil, err
	}
	return f, nil
}

func sizeOf(_ string, f *os.File) int64 {
	info, err := f.Stat()
	if err != nil {
		return 0
	}
	return info.Size()
}

func lentBehindABlank(path string) int64 {
	f, err := os.Open(path) // want "is never closed"
	if err != nil {
		return 0
	}
	return sizeOf(path, f)
}
