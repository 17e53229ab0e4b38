package p

import "os"

func f(paths []string) {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			goto end
		}
		defer f.Close()
		println(f.Name())
	}
end:
	println("done")
}
