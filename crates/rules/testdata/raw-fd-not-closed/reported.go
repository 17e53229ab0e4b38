package rawfds

import (
	"errors"
	"fmt"
	"syscall"
)

func never(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0) // want "the file descriptor"
	if err != nil {
		return err
	}
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st)
}

func onError(path string, buf []byte) (int, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0) // want "on every path"
	if err != nil {
		return 0, err
	}
	n, err := syscall.Read(fd, buf)
	if err != nil {
		return 0, err
	}
	return n, syscall.Close(fd)
}

func socket() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0) // want
	if err != nil {
		return err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("socket %d: %w", fd, err)
	}
	return syscall.Close(fd)
}

func supported() bool {
	_, err := syscall.Socket(syscall.AF_INET6, syscall.SOCK_STREAM, 0) // want "nothing holds"
	return err == nil
}

func duplicate(old int) error {
	fd, err := syscall.Dup(old) // want
	if err != nil {
		return err
	}
	if fd > 100 {
		return errors.New("too many descriptors")
	}
	syscall.Close(fd)
	return nil
}

func epoll(fd int) error {
	ep, err := syscall.EpollCreate1(0) // want
	if err != nil {
		return err
	}
	var event syscall.EpollEvent
	if err := syscall.EpollCtl(ep, syscall.EPOLL_CTL_ADD, fd, &event); err != nil {
		return err
	}
	return syscall.Close(ep)
}

func overwritten(a, b string) error {
	fd, err := syscall.Open(a, syscall.O_RDONLY, 0) // want "overwritten"
	if err != nil {
		return err
	}
	fd, err = syscall.Open(b, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	return syscall.Close(fd)
}

func perRound(paths []string) {
	for _, path := range paths {
		fd, err := syscall.Open(path, syscall.O_RDONLY, 0) // want
		if err != nil {
			continue
		}
		if fd == 3 {
			return
		}
		syscall.Close(fd)
	}
}
