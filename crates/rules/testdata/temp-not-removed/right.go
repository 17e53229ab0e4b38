package temps

import (
	"io"
	"os"
	"path/filepath"
)

func directory() error {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return os.WriteFile(filepath.Join(dir, "a"), nil, 0o600)
}

func file(data []byte) error {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func nameKept(data []byte) error {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return err
	}
	name := f.Name()
	defer func() {
		f.Close()
		os.Remove(name)
	}()
	_, err = f.Write(data)
	return err
}

func replaces(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "new")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func given() (string, error) {
	return os.MkdirTemp("", "work")
}

func givenIn() (string, error) {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "socket"), nil
}

func fileGiven(data []byte) (*os.File, error) {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return f, nil
}

func nameGiven(data []byte) (string, error) {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}

type workspace struct{ dir string }

func newWorkspace() (*workspace, error) {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return nil, err
	}
	return &workspace{dir: dir}, nil
}

func (w *workspace) Close() error { return os.RemoveAll(w.dir) }

func (w *workspace) renew() (err error) {
	w.dir, err = os.MkdirTemp("", "work")
	return err
}

func withCleanup() (dir string, cleanup func(), err error) {
	dir, err = os.MkdirTemp("", "work")
	if err != nil {
		return "", nil, err
	}
	return dir, func() { os.RemoveAll(dir) }, nil
}

// Without a name there is nothing to remove.
func unlinked() (*os.File, error) {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func removeQuietly(path string) {
	_ = os.RemoveAll(path)
}

func helper() error {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return err
	}
	defer removeQuietly(dir)
	return os.Chdir(dir)
}

func inside() error {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	f, err := os.CreateTemp(dir, "data")
	if err != nil {
		return err
	}
	return f.Close()
}

func insideJoined() error {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	sub, err := os.MkdirTemp(filepath.Join(dir, "."), "sub") // bug
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(sub, "a"), nil, 0o600)
}

func probe() bool {
	f, err := os.CreateTemp("", "probe")
	if err != nil {
		return false
	}
	name := f.Name()
	f.Close()
	return os.Remove(name) == nil
}

func linked(path string, r io.Reader) error {
	f, err := os.CreateTemp("", "data")
	if err != nil {
		return err
	}
	defer f.Close()
	tmp := f.Name()
	if _, err := io.Copy(f, r); err != nil {
		os.Remove(tmp)
		return err
	}
	if err := os.Rename(tmp, path); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}

func removedLater(done <-chan struct{}) (string, error) {
	dir, err := os.MkdirTemp("", "work")
	if err != nil {
		return "", err
	}
	go func() {
		<-done
		os.RemoveAll(dir)
	}()
	return dir, nil
}

var scratch string

func toPackage() (err error) {
	scratch, err = os.MkdirTemp("", "work")
	return err
}
