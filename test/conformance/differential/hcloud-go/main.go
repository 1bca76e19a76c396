// Command conformance makes calls with hcloud-go and says how each ended.
//
// It reads one call a line from stdin, as JSON, and writes one outcome a line to stdout in the same order. Only what
// both clients can say is in an outcome; see ../outcome.ts, which has the same words.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hetznercloud/hcloud-go/v2/hcloud"
)

// call is one line of the input.
type call struct {
	Name      string          `json:"name"`
	Endpoint  string          `json:"endpoint"`
	Token     string          `json:"token"`
	TimeoutMs int             `json:"timeoutMs"`
	Operation string          `json:"operation"`
	Args      json.RawMessage `json:"args"`
}

// outcome is one line of the output.
type outcome struct {
	Name string `json:"name"`
	// ok, absent, api, status, transport, parse, missing, local or panic.
	Kind string `json:"kind"`
	// The API's error code, for api.
	Code *string `json:"code"`
	// The HTTP status, for api and status.
	Status *int `json:"status"`
	// Whether the connection failed because time was over, for transport.
	Timeout bool `json:"timeout"`
	Value   any  `json:"value"`
	// What the client itself says; for people.
	Text string `json:"text"`
}

// atOnce is how many calls are under way: most wait for the other side.
const atOnce = 8

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "conformance:", err)
		os.Exit(2)
	}
}

func run(in io.Reader, out io.Writer) error {
	calls, err := readCalls(in)
	if err != nil {
		return fmt.Errorf("the calls could not be read: %w", err)
	}
	outcomes := make([]outcome, len(calls))
	var group sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for index, next := range calls {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			outcomes[index] = perform(next)
		})
	}
	group.Wait()
	encoder := json.NewEncoder(out)
	for _, each := range outcomes {
		if err := encoder.Encode(each); err != nil {
			return fmt.Errorf("an outcome could not be written: %w", err)
		}
	}
	return nil
}

func readCalls(in io.Reader) ([]call, error) {
	var calls []call
	for decoder := json.NewDecoder(in); ; {
		var next call
		switch err := decoder.Decode(&next); {
		case errors.Is(err, io.EOF):
			return calls, nil
		case err != nil:
			return nil, err
		}
		calls = append(calls, next)
	}
}

func perform(next call) (result outcome) {
	defer func() {
		if problem := recover(); problem != nil {
			result = outcome{Name: next.Name, Kind: "panic", Text: fmt.Sprint(problem)}
		}
	}()
	run, known := operations[next.Operation]
	if !known {
		return outcome{Name: next.Name, Kind: "local", Text: "no such operation: " + next.Operation}
	}
	var args arguments
	if err := json.Unmarshal(next.Args, &args); err != nil {
		return outcome{Name: next.Name, Kind: "local", Text: "bad arguments: " + err.Error()}
	}
	value, err := run(context.Background(), newClient(next), args)
	if err != nil {
		return judge(next.Name, value, err)
	}
	if value == nil {
		return outcome{Name: next.Name, Kind: "absent"}
	}
	return outcome{Name: next.Name, Kind: "ok", Value: value}
}

// newClient is hcloud-go as it comes, except that its pauses are short: six attempts, as by default.
func newClient(next call) *hcloud.Client {
	pause := hcloud.ConstantBackoff(time.Millisecond)
	return hcloud.NewClient(
		hcloud.WithEndpoint(next.Endpoint),
		hcloud.WithToken(next.Token),
		hcloud.WithRetryOpts(hcloud.RetryOpts{BackoffFunc: pause, MaxRetries: 5}),
		hcloud.WithPollOpts(hcloud.PollOpts{BackoffFunc: pause}),
		// Zero, the default, is no limit.
		hcloud.WithHTTPClient(&http.Client{Timeout: time.Duration(next.TimeoutMs) * time.Millisecond}),
	)
}

// judge sorts an error into the kinds that both clients know.
func judge(name string, value any, err error) outcome {
	result := outcome{Name: name, Text: err.Error(), Value: value}
	var apiError hcloud.Error
	var netError net.Error
	switch {
	case errors.As(err, &apiError):
		code := string(apiError.Code)
		result.Kind, result.Code = "api", &code
		if response := apiError.Response(); response != nil {
			result.Status = &response.StatusCode
		}
	case errors.Is(err, hcloud.ErrStatusCode):
		var status int
		// The status stands in the text alone: resource functions do not always pass the response on.
		_, _ = fmt.Sscanf(err.Error(), "hcloud: server responded with status code %d", &status)
		result.Kind, result.Status = "status", &status
	case isMissing(err):
		result.Kind = "missing"
	case isParseError(err):
		result.Kind = "parse"
	case errors.As(err, &netError):
		result.Kind, result.Timeout = "transport", netError.Timeout()
	case isLocal(err):
		result.Kind = "local"
	default:
		result.Kind = "transport"
	}
	return result
}

func isMissing(err error) bool {
	return strings.HasPrefix(err.Error(), "actions not found")
}

func isParseError(err error) bool {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	var wrongTime *time.ParseError
	return errors.As(err, &syntax) || errors.As(err, &wrongType) || errors.As(err, &wrongTime) ||
		strings.Contains(err.Error(), "Time.UnmarshalJSON")
}

func isLocal(err error) bool {
	var argument hcloud.ArgumentError
	return errors.As(err, &argument) || strings.HasPrefix(err.Error(), "authorization token contains")
}
