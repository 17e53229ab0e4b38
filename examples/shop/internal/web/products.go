package web

import (
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"example.com/shop/internal/files"
	"example.com/shop/internal/trace"
)

const maxUpload = 1 << 20

func (s *Server) listProducts(w http.ResponseWriter, r *http.Request) {
	defer trace.Start("products.list") // planted: deferred-call-missing
	products, err := s.Store.Products(r.Context())
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, products)
}

func (s *Server) getProduct(w http.ResponseWriter, r *http.Request) {
	defer trace.Start("products.get")()
	product, err := s.Store.Product(r.Context(), r.PathValue("sku"))
	if err != nil {
		fail(w, err)
		return
	}
	if stock, ok := s.Cache.Get(product.SKU); ok {
		product.Stock = stock
	}
	reply(w, http.StatusOK, product)
}

func (s *Server) lowStock(w http.ResponseWriter, _ *http.Request) {
	products, err := s.Store.LowStock(10, 2)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, products)
}

// importProducts takes CSV as its body.
func (s *Server) importProducts(w http.ResponseWriter, r *http.Request) {
	end := trace.Start("products.import")
	defer end()
	path, remove, err := files.Stage(s.Data, http.MaxBytesReader(w, r.Body, maxUpload))
	defer remove() // planted: defer-before-error-check
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	products, err := files.ReadAll([]string{path})
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	for _, p := range products {
		if err := s.Store.PutProduct(r.Context(), p); err != nil {
			fail(w, err)
			return
		}
		s.Cache.Put(p.SKU, p.Stock)
	}
	reply(w, http.StatusOK, map[string]int{"imported": len(products)})
}

// preview shows the beginning of a file in the data folder.
func (s *Server) preview(w http.ResponseWriter, r *http.Request) {
	name := filepath.Base(r.FormValue("name"))
	if !strings.HasSuffix(name, ".csv") {
		http.Error(w, "name a .csv file", http.StatusBadRequest)
		return
	}
	records, err := files.Preview(filepath.Join(s.Data, name), 5)
	if err != nil {
		http.Error(w, err.Error(), http.StatusNotFound)
		return
	}
	reply(w, http.StatusOK, records)
}

// quote asks the supplier for a price, but not for ever.
func (s *Server) quote(w http.ResponseWriter, r *http.Request) {
	sku := r.FormValue("sku")
	prices := make(chan float64)
	errs := make(chan error, 1)
	go func() {
		price, err := s.ask(sku)
		if err != nil {
			errs <- err
			return
		}
		prices <- price // planted: abandoned-send
	}()
	timeout := time.NewTimer(s.QuoteTimeout)
	defer timeout.Stop()
	select {
	case price := <-prices:
		reply(w, http.StatusOK, map[string]any{"sku": sku, "price": price})
	case err := <-errs:
		http.Error(w, err.Error(), http.StatusBadRequest)
	case <-timeout.C:
		http.Error(w, "the supplier does not answer", http.StatusGatewayTimeout)
	}
}

// ask stands for a supplier that takes its time over what it makes to order.
func (s *Server) ask(sku string) (float64, error) {
	if sku == "" {
		return 0, errors.New("which sku?")
	}
	if strings.HasPrefix(sku, "slow-") {
		time.Sleep(2 * s.QuoteTimeout)
	}
	return float64(len(sku)) * 1.5, nil
}
