package rawfds

import (
	"errors"
	"os"
	"syscall"
)

func deferred(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer syscall.Close(fd)
	var st syscall.Stat_t
	return syscall.Fstat(fd, &st)
}

func asFile(path string) (*os.File, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), path), nil
}

func asFileClosed(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	f := os.NewFile(uintptr(fd), path)
	defer f.Close()
	_, err = f.Stat()
	return err
}

func given(path string) (int, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return -1, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return fd, nil
}

func retriesInterrupted(path string) (fd int, err error) {
	for {
		fd, err = syscall.Open(path, syscall.O_RDONLY, 0)
		if err != syscall.EINTR {
			return fd, err
		}
	}
}

type poller struct{ fd int }

func newPoller() (*poller, error) {
	fd, err := syscall.EpollCreate1(0)
	if err != nil {
		return nil, err
	}
	return &poller{fd: fd}, nil
}

func (p *poller) init() (err error) {
	p.fd, err = syscall.EpollCreate1(0)
	return
}

func (p *poller) Close() error { return syscall.Close(p.fd) }

func literal() error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		return err
	}
	defer func() {
		if err := syscall.Close(fd); err != nil {
			panic(err)
		}
	}()
	return syscall.SetNonblock(fd, true)
}

func negative(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if fd < 0 {
		return err
	}
	return syscall.Close(fd)
}

func closeFd(fd int) {
	if fd >= 0 {
		syscall.Close(fd)
	}
}

func helper(path string) error {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer closeFd(fd)
	return syscall.Fchdir(fd)
}

func pair() (fds [2]int, err error) {
	fds[0], err = syscall.Open("a", syscall.O_RDONLY, 0)
	if err != nil {
		return fds, err
	}
	fds[1], err = syscall.Open("b", syscall.O_RDONLY, 0)
	if err != nil {
		syscall.Close(fds[0])
	}
	return fds, err
}

func onEveryError(old int) (int, error) {
	fd, err := syscall.Dup(old)
	if err != nil {
		return 0, err
	}
	if err := syscall.SetNonblock(fd, true); err != nil {
		return 0, errors.Join(err, syscall.Close(fd))
	}
	return fd, nil
}

func toStdout(path string) error {
	fd, err := syscall.Open(path, syscall.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if err := syscall.Dup3(fd, 1, 0); err != nil {
		syscall.Close(fd)
		return err
	}
	return syscall.Close(fd)
}

func sent(path string, fds chan<- int) {
	if fd, err := syscall.Open(path, syscall.O_RDONLY, 0); err == nil {
		fds <- fd
	}
}

func all(paths []string) (fds []int) {
	for _, path := range paths {
		fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
		if err != nil {
			continue
		}
		fds = append(fds, fd)
	}
	return fds
}

func mapped(path string, size int) ([]byte, error) {
	fd, err := syscall.Open(path, syscall.O_RDONLY, 0)
	if err != nil {
		return nil, err
	}
	defer syscall.Close(fd)
	return syscall.Mmap(fd, 0, size, syscall.PROT_READ, syscall.MAP_SHARED)
}
