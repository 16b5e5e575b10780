#!/bin/sh
# `npm run conformance -- hack/gateway-conformance.sh [TEST]`: upstream's conformance tests of the Gateway API, those of the profile
# GATEWAY-HTTP and of the features that our GatewayClass lists. Go builds them, and the program of their back ends, out of the module that
# upstream publishes. Docker must be there, and port 80 of localhost free.
set -eu
export KUBECONFIG="$1" GOFLAGS=-mod=mod
version=v1.4.0
dir=$(mktemp -d)
echo_image=gcr.io/k8s-staging-gateway-api/echo-basic:v20240412-v1.0.0-394-g40c666fd
# Tests of other profiles ask it; here it only has to run.
dns_image=registry.k8s.io/coredns/coredns:v1.12.2
trap 'docker image rm --force "$echo_image" "$dns_image" >/dev/null 2>&1; rm -rf "$dir"' EXIT
cd "$dir"

cat >go.mod <<END
module minik8s.dev/conformance/gateway
go 1.24
require sigs.k8s.io/gateway-api $version
END
cat >gateway_test.go <<'END'
package gateway

import (
	"testing"

	v1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/gateway-api/conformance"
)

func TestGateway(t *testing.T) {
	options := conformance.DefaultOptions(t)
	kind := v1.IPAddressType
	options.UsableNetworkAddresses = []v1.GatewaySpecAddress{{Type: &kind, Value: "127.5.5.5"}}
	options.UnusableNetworkAddresses = []v1.GatewaySpecAddress{{Type: &kind, Value: "203.0.113.7"}}
	conformance.RunConformanceWithOptions(t, options)
}
END
go mod tidy >/dev/null 2>&1
go test -c -o gateway.test .
mkdir image
CGO_ENABLED=0 go build -o image/echo-basic sigs.k8s.io/gateway-api/conformance/echo-basic
printf 'FROM scratch\nCOPY echo-basic /\nUSER 65532:65532\nENTRYPOINT ["/echo-basic"]\n' >image/Dockerfile
docker build --quiet --tag "$echo_image" --tag "$dns_image" image >/dev/null

kubectl apply --server-side -f "$(go list -m -f '{{.Dir}}' sigs.k8s.io/gateway-api)/config/crd/standard" >/dev/null
kubectl wait --for=condition=Accepted gatewayclass/minik8s --timeout=30s >/dev/null
if ! ./gateway.test -test.v -gateway-class minik8s -conformance-profiles GATEWAY-HTTP ${2:+-run-test "$2"} \
  -organization minik8s -project minik8s -url https://minik8s.dev -version main -contact '@minik8s' -report-output report.yaml >log 2>&1; then
  grep --before-context=20 -E '^ *--- FAIL' log || tail --lines=40 log
  exit 1
fi
sed -n '/^profiles:/,$p' report.yaml
