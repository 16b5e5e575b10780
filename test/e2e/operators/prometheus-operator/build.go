//go:build tools

// Package build names what is built from the published module, so that go.mod lists all that it needs.
package build

import _ "github.com/prometheus-operator/prometheus-operator/cmd/operator"
