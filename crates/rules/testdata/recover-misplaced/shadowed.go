package shadowed

// A function of this name in the package hides the predeclared one.
func recover() any { return nil }

func work() {}

func deferred() {
	defer recover()
	work()
}

func nested() {
	defer func() {
		func() { println(recover()) }()
	}()
	work()
}

func helper() { println(recover()) }

func calls() {
	defer func() { helper() }()
	work()
}
