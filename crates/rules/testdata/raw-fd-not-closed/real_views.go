package rawfds

import (
	"os"
	"syscall"
	"unsafe"
)

// Each descriptor gets a file.
func pair() (a, b *os.File, err error) {
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "a"), os.NewFile(uintptr(fds[1]), "b"), nil
}

// A part of the mapping is the mapping.
func mapped(fd, skip, size int) ([]byte, error) {
	data, err := syscall.Mmap(fd, 0, skip+size, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	data = data[skip:]
	return data, nil
}

// Nobody can see what becomes of such a pointer.
func mappedAs(fd int) (*[4096]byte, error) {
	data, err := syscall.Mmap(fd, 0, 4096, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, err
	}
	p := (*[4096]byte)(unsafe.Pointer(&data[0]))
	return p, nil
}
