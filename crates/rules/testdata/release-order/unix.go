package order

import (
	"os"

	"golang.org/x/sys/unix"
)

// The package that it imports is there on Unix only.
func locked(path string, work func() error) error {
	lock, err := os.Create(path)
	if err != nil {
		return err
	}
	defer lock.Close()
	defer os.Remove(path)
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return err
	}
	return work()
}
