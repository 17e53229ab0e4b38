package p

var closeFile = func(fd int) error { return nil }

func mkdirAt(fd int, name string) (int, error)

func mkdirAll(names []string) error {
	fd, err := mkdirAt(-1, "/")
	if err != nil {
		return err
	}
	defer closeFile(fd)
	for _, name := range names {
		fd, err = mkdirAt(fd, name)
		if err != nil {
			return err
		}
		defer closeFile(fd)
	}
	return nil
}
