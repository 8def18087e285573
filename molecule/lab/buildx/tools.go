//go:build tools

// Package tools pins the docker buildx that the lab builds.
package tools

import _ "github.com/docker/buildx/cmd/buildx"
