// A node of memberlist with its default settings for a LAN, for bench/rivals:
//
//	memberlist NAME ADDRESS [CONTACT]
//
// It is told on its standard input what to do, a line each: "change N" makes N its metadata, "live" prints the names it
// lists, "watch" prints each event from then on. With WATCH=1 in its environment it is watched from its start.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/memberlist"
	"golang.org/x/sys/unix"
)

type line struct {
	Event string   `json:"event"`
	At    float64  `json:"at"`
	Name  string   `json:"name,omitempty"`
	Meta  string   `json:"meta,omitempty"`
	Names []string `json:"names,omitempty"`
}

var (
	output  sync.Mutex
	watched int32
)

// The clock that all processes of the machine share, in seconds.
func now() float64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(err)
	}
	return float64(t.Sec) + float64(t.Nsec)/1e9
}

func print(l line) {
	text, _ := json.Marshal(l)
	output.Lock()
	defer output.Unlock()
	fmt.Println(string(text))
}

type node struct {
	meta atomic.Value
}

func (n *node) tell(event string, about *memberlist.Node) {
	if atomic.LoadInt32(&watched) == 1 {
		print(line{Event: event, At: now(), Name: about.Name, Meta: string(about.Meta)})
	}
}

func (n *node) NotifyJoin(about *memberlist.Node)   { n.tell("live", about) }
func (n *node) NotifyLeave(about *memberlist.Node)  { n.tell("gone", about) }
func (n *node) NotifyUpdate(about *memberlist.Node) { n.tell("seen", about) }

func (n *node) NodeMeta(limit int) []byte                  { return n.meta.Load().([]byte) }
func (n *node) NotifyMsg([]byte)                           {}
func (n *node) GetBroadcasts(overhead, limit int) [][]byte { return nil }
func (n *node) LocalState(join bool) []byte                { return nil }
func (n *node) MergeRemoteState(state []byte, join bool)   {}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	if os.Getenv("WATCH") == "1" {
		watched = 1
	}
	n := &node{}
	n.meta.Store([]byte("0"))
	config := memberlist.DefaultLANConfig()
	config.Name, config.BindAddr = os.Args[1], os.Args[2]
	config.Delegate, config.Events, config.LogOutput = n, n, io.Discard
	list, err := memberlist.Create(config)
	fail(err)
	print(line{Event: "started", At: now()})
	if len(os.Args) > 3 {
		_, err = list.Join(os.Args[3:])
		fail(err)
	}
	input := bufio.NewScanner(os.Stdin)
	for input.Scan() {
		words := strings.Fields(input.Text())
		switch words[0] {
		case "change":
			n.meta.Store([]byte(words[1]))
			print(line{Event: "seen", At: now(), Name: config.Name, Meta: words[1]})
			go list.UpdateNode(5 * time.Second)
		case "live":
			var names []string
			for _, member := range list.Members() {
				names = append(names, member.Name)
			}
			print(line{Event: "names", At: now(), Names: names})
		case "watch":
			atomic.StoreInt32(&watched, 1)
		}
	}
}
