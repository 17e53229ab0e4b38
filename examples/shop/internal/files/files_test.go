package files

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"example.com/shop/internal/store"
)

const heading = "sku,name,stock,price\n"

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadProducts(t *testing.T) {
	got, err := ReadProducts(strings.NewReader(heading + "tea,\"Tea, green\",5,2.50\n"))
	want := store.Product{SKU: "tea", Name: "Tea, green", Stock: 5, Price: 2.5}
	if err != nil || len(got) != 1 || got[0] != want {
		t.Errorf("got %v, error %v", got, err)
	}
	for _, bad := range []string{"", heading + "tea\n", heading + "tea,Tea,many,2\n", heading + "tea,Tea,5,dear\n"} {
		if _, err := ReadProducts(strings.NewReader(bad)); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
}

func TestReadSeveral(t *testing.T) {
	good, bad := write(t, "good.csv", heading+"tea,Tea,5,2\n"), write(t, "bad.csv", "")
	if got, err := ReadAll([]string{good, good}); err != nil || len(got) != 2 {
		t.Errorf("got %v, error %v", got, err)
	}
	if _, err := ReadAll([]string{good, bad}); err == nil {
		t.Error("bad file accepted")
	}
	if got, err := ReadFirst("missing.csv", good); err != nil || len(got) != 1 {
		t.Errorf("got %v, error %v", got, err)
	}
	if wrong, err := Check(filepath.Dir(bad)); err != nil || wrong[bad] == nil {
		t.Errorf("got %v, error %v", wrong, err)
	}
	if got, err := Preview(good, 1); err != nil || len(got) != 2 {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestSaveOrders(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.csv.gz")
	orders := []store.Order{{ID: 7, SKU: "tea", Quantity: 2, Total: 4, State: "placed"}}
	if err := SaveOrders(path, orders); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zr)
	if want := "id,sku,quantity,total,state\n7,tea,2,4.00,placed\n"; err != nil || string(text) != want {
		t.Errorf("got %q, error %v", text, err)
	}
}
