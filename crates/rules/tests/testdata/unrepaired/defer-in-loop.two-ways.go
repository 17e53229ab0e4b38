package p

import "os"

func f(paths []string) (int64, error) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			break
		}
		defer f.Close()
		if info, err := f.Stat(); err == nil {
			return info.Size(), nil
		}
	}
	return 0, nil
}
