package rawfds

import "golang.org/x/sys/unix"

// It asks for the flags.
func flagsOf(fd uintptr) (bool, error) {
	flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0)
	if err != nil {
		return false, err
	}
	return flags&unix.FD_CLOEXEC != 0, nil
}

func duplicate(fd uintptr) error {
	copied, err := unix.FcntlInt(fd, unix.F_DUPFD_CLOEXEC, 0) // want
	if err != nil {
		return err
	}
	if copied > 2 {
		return nil
	}
	return unix.Close(copied)
}
