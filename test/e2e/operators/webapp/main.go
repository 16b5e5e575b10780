// An operator as people write them with controller-runtime: leader election, a finalizer, status, an owned Deployment, webhooks.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	clientscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	"sigs.k8s.io/controller-runtime/pkg/webhook"
)

func main() {
	port := flag.Int("webhook-port", 0, "where the webhooks answer on 127.0.0.1")
	identity := flag.String("identity", "", "what it calls itself in events")
	flag.Parse()
	ctrl.SetLogger(zap.New())
	if err := run(ctrl.SetupSignalHandler(), *port, *identity); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, port int, identity string) error {
	scheme := runtime.NewScheme()
	if err := clientscheme.AddToScheme(scheme); err != nil {
		return err
	}
	if err := addToScheme(scheme); err != nil {
		return err
	}
	certificate, bundle, err := selfSigned()
	if err != nil {
		return err
	}
	lease, deadline, retry := 3*time.Second, 2*time.Second, 500*time.Millisecond
	mgr, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                        scheme,
		Metrics:                       metricsserver.Options{BindAddress: "0"},
		LeaderElection:                true,
		LeaderElectionID:              "webapp-operator",
		LeaderElectionNamespace:       "default",
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &lease,
		RenewDeadline:                 &deadline,
		RetryPeriod:                   &retry,
		WebhookServer: webhook.NewServer(webhook.Options{
			Host:    "127.0.0.1",
			Port:    port,
			TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.GetCertificate = certificateOf(&certificate) }},
		}),
	})
	if err != nil {
		return err
	}
	r := &reconciler{Client: mgr.GetClient(), recorder: mgr.GetEventRecorderFor("webapp-operator"), identity: identity}
	if err := r.setUp(mgr); err != nil {
		return err
	}
	if err := (webhooks{}).setUp(mgr); err != nil {
		return err
	}
	// Only the leader runs it: requests go to the webhooks of whoever leads.
	register := manager.RunnableFunc(func(ctx context.Context) error {
		return webhooks{}.register(ctx, mgr.GetClient(), fmt.Sprintf("https://127.0.0.1:%d", port), bundle)
	})
	if err := mgr.Add(register); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

func certificateOf(certificate *tls.Certificate) func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	return func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate, nil }
}
