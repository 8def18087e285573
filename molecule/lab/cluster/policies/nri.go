// Package networkpolicy: this file takes the place of its link to the container runtime. The lab's has no NRI,
// another one on the machine is none of the lab's business, and the WebAssembly engine that comes with it stays out.
package networkpolicy

import (
	"context"
	"errors"
)

type nriPlugin struct{ stub runner }

type runner interface{ Run(context.Context) error }

func NewNriPlugin() (*nriPlugin, error) { return nil, errors.ErrUnsupported }

// GetPodFromIP knows no pod that the API server does not know.
func (*nriPlugin) GetPodFromIP(string) string { return "" }
