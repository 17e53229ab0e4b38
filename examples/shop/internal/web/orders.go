package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"strings"

	"example.com/shop/internal/files"
	"example.com/shop/internal/store"
	"example.com/shop/internal/trace"
	"example.com/shop/internal/worker"
)

func (s *Server) createOrder(w http.ResponseWriter, r *http.Request) {
	defer trace.Start("orders.create")()
	outcome := "placed"
	defer s.counts.Add("orders.create", outcome) // planted: defer-argument-too-early

	var want struct {
		SKU      string `json:"sku"`
		Quantity int64  `json:"quantity"`
	}
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&want)
	if err != nil || want.Quantity < 1 {
		outcome = "refused"
		http.Error(w, "send sku and quantity", http.StatusBadRequest)
		return
	}
	// A customer who hangs up has ordered all the same.
	order, err := s.Store.PlaceOrder(context.WithoutCancel(r.Context()), want.SKU, want.Quantity)
	if err != nil {
		outcome = "failed"
		fail(w, err)
		return
	}
	if err := s.Cache.Adjust(order.SKU, -order.Quantity); err != nil {
		log.Printf("web: order %d: %v", order.ID, err)
	}
	if err := s.Pool.Submit(worker.Job{Name: "receipt", Do: func() error { return s.afterOrder(order) }}); err != nil {
		log.Printf("web: order %d: %v", order.ID, err)
	}
	reply(w, http.StatusCreated, order)
}

// afterOrder does what the customer need not wait for.
func (s *Server) afterOrder(o store.Order) error {
	path, err := files.WriteReceipt(s.Data, o)
	if err != nil {
		return err
	}
	if err := s.Journal.Append("order %d: receipt in %s", o.ID, path); err != nil {
		return err
	}
	if s.Notify == nil {
		return nil
	}
	return s.Notify.Send(context.Background(), o)
}

func (s *Server) getOrder(w http.ResponseWriter, r *http.Request) {
	id, err := pathID(r)
	if err != nil {
		fail(w, err)
		return
	}
	order, err := s.Store.Order(r.Context(), id)
	if err != nil {
		fail(w, err)
		return
	}
	reply(w, http.StatusOK, order)
}

func (s *Server) cancelOrder(w http.ResponseWriter, r *http.Request) {
	outcome := "failed"
	defer func() { s.counts.Add("orders.cancel", outcome) }()
	id, err := pathID(r)
	if err == nil {
		err = s.Store.CancelOrder(r.Context(), id)
	}
	if err != nil {
		fail(w, err)
		return
	}
	outcome = "cancelled"
	w.WriteHeader(http.StatusNoContent)
}

// exportOrders sends the orders of the products named in ?sku=a,b as compressed CSV.
func (s *Server) exportOrders(w http.ResponseWriter, r *http.Request) {
	orders, err := s.Store.OrdersOf(r.Context(), strings.Split(r.FormValue("sku"), ","))
	if err != nil {
		fail(w, err)
		return
	}
	var body bytes.Buffer
	if err := files.WriteOrdersGzip(&body, orders); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/gzip")
	if _, err := body.WriteTo(w); err != nil && !errors.Is(err, http.ErrHandlerTimeout) {
		log.Printf("web: export: %v", err)
	}
}
