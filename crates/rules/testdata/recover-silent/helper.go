package silent

import "testing"

// Shared by tests, and run by none under this name.
func survives(t *testing.T, call func()) {
	t.Helper()
	func() {
		defer func() {
			recover()
		}()
		call()
	}()
}
