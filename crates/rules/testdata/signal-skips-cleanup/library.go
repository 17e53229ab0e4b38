package store

import "os"

func main() {
	defer os.Remove("x")
	println("work")
}
