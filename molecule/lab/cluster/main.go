// A single-node Kubernetes in one binary: the tool to be is argv[0], or else the first argument.
package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

var tools = map[string]func() int{}

func main() {
	name := filepath.Base(os.Args[0])
	if _, ok := tools[name]; !ok && len(os.Args) > 1 {
		name = os.Args[1]
		os.Args = os.Args[1:]
	}
	run, ok := tools[name]
	if !ok {
		fmt.Fprintln(os.Stderr, "call this as one of", slices.Sorted(maps.Keys(tools)))
		os.Exit(2)
	}
	os.Exit(run())
}
