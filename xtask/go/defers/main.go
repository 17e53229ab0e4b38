// Command defers holds defers of every form, and as much of the standard library as one program can,
// for `cargo xtask oracle inspect`. It is built and looked at; what it does when run does not matter.
package main

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"compress/gzip"
	"context"
	"database/sql"
	"debug/elf"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"expvar"
	"fmt"
	"go/format"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"html/template"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cgi"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/http/httputil"
	"net/rpc"
	"net/rpc/jsonrpc"
	"net/smtp"
	"os"
	"os/exec"
	"os/signal"
	"os/user"
	"path/filepath"
	"plugin"
	"reflect"
	"regexp"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"sync"
	"testing"
	"time"
)

// reached keeps these, and by reflection their methods, in the binary.
var reached = []any{
	tar.NewReader, tar.NewWriter, zip.OpenReader, zip.NewWriter, bufio.NewScanner, gzip.NewReader,
	context.WithTimeout, context.AfterFunc, sql.Open, &sql.DB{}, &sql.Conn{}, &sql.Tx{}, &sql.Stmt{},
	&sql.Rows{}, sql.Register, elf.Open, gob.NewDecoder, gob.NewEncoder, json.NewDecoder, xml.NewDecoder,
	expvar.Publish, &expvar.Map{}, format.Source, parser.ParseDir, printer.Fprint, &types.Config{},
	types.NewChecker, template.New, fs.WalkDir, slog.NewJSONHandler, http.ListenAndServeTLS,
	&http.Client{}, &http.Server{}, &http.Transport{}, http.TimeoutHandler, http.FileServer, cgi.Serve,
	&cgi.Handler{}, cookiejar.New, httptest.NewServer, &httptest.ResponseRecorder{},
	&httputil.ReverseProxy{}, httputil.DumpRequestOut, rpc.NewServer, rpc.Dial, jsonrpc.Dial,
	smtp.SendMail, &smtp.Client{}, os.MkdirTemp, os.CreateTemp, os.RemoveAll, os.ReadDir, exec.Command,
	&exec.Cmd{}, signal.NotifyContext, user.Lookup, user.LookupGroup, filepath.Walk, plugin.Open,
	regexp.MustCompile, debug.ReadBuildInfo, pprof.StartCPUProfile, pprof.WriteHeapProfile, trace.Start,
	&sync.Map{}, &sync.Pool{}, testing.Benchmark, testing.AllocsPerRun, &testing.T{}, &testing.B{},
	&testing.F{}, time.AfterFunc, token.NewFileSet, io.Pipe, testing.Testing,
}

func main() {
	for _, value := range reached {
		v := reflect.ValueOf(value)
		if len(os.Args) > 1 {
			// A name that is not known before the program runs keeps all methods.
			fmt.Println(v.MethodByName(os.Args[1]).IsValid())
		}
	}
	forms(len(os.Args))
	newer(len(os.Args))
}
