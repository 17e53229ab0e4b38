package temps

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

func directory() error {
	dir, err := os.MkdirTemp("", "work") // want "the temporary directory"
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "a"), nil, 0o600)
}

func closedOnly(data []byte) error {
	f, err := os.CreateTemp("", "data") // want "the temporary file"
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = f.Write(data)
	return err
}

func early(data []byte) error {
	dir, err := os.MkdirTemp("", "work") // want "on every path"
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return nil
	}
	defer os.RemoveAll(dir)
	return os.WriteFile(filepath.Join(dir, "a"), data, 0o600)
}

func onlyWhenGood(data []byte) error {
	f, err := os.CreateTemp("", "data") // want
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return os.Remove(f.Name())
}

func writable() bool {
	_, err := os.MkdirTemp("", "probe") // want
	return err == nil
}

func renameFails(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "new") // want
	if err != nil {
		return err
	}
	if _, err := f.Write(data); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func commandFails(name string) error {
	dir, err := os.MkdirTemp("", "run") // bug-missed
	if err != nil {
		return err
	}
	cmd := exec.Command(name)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir)
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("running %s: %w", name, err)
	}
	return os.RemoveAll(dir)
}

func perRound(n int) error {
	for i := range n {
		dir, err := os.MkdirTemp("", "round") // want
		if err != nil {
			return err
		}
		if i%2 == 0 {
			continue
		}
		os.RemoveAll(dir)
	}
	return nil
}
