package temps

import (
	"os"
	"path/filepath"
	"syscall"
)

// Another way to write the same path.
func absolute() error {
	dir, err := os.MkdirTemp(".", "work")
	if err != nil {
		return err
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		os.RemoveAll(dir)
		return err
	}
	dir = abs
	defer os.RemoveAll(dir)
	return os.Chdir(dir)
}

func unlinked() error {
	f, err := os.CreateTemp("", "sock")
	if err != nil {
		return err
	}
	defer f.Close()
	path := f.Name()
	syscall.Unlink(path)
	return nil
}

// The parameter of the deferred function has the name as it was.
func nameForCaller(write func(string) error) (name string, failed error) {
	f, err := os.CreateTemp("", "spec")
	if err != nil {
		return "", err
	}
	f.Close()
	name = f.Name()
	defer func(name string) {
		if failed != nil {
			os.Remove(name)
		}
	}(name)
	if err := write(name); err != nil {
		return "", err
	}
	return name, nil
}

// Kept when somebody asks for it.
func keptForDebugging(use func(string) error) error {
	dir, err := os.MkdirTemp("", "build")
	if err != nil {
		return err
	}
	defer func() {
		if os.Getenv("KEEP") != "" {
			return
		}
		os.RemoveAll(dir)
	}()
	return use(dir)
}

// One level up goes with all that is in it.
func withinTemporary() error {
	dir, err := os.MkdirTemp("", "outer")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	inner, err := os.MkdirTemp(dir, "inner")
	if err != nil {
		return err
	}
	return os.Chdir(inner)
}

func leftByError(data []byte) (string, error) {
	f, err := os.CreateTemp("", "spec") // want "the temporary file `f` that `os.CreateTemp(…)` gives is not removed on every path"
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return "", err
	}
	return f.Name(), nil
}
