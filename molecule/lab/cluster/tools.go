//go:build tools

package main

// Pins Helm 3, which is built from this module because both share the Kubernetes client.
import _ "helm.sh/helm/v3/cmd/helm"
