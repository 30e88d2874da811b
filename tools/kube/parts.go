package main

import (
	"context"
	"errors"
	"net"
	"net/url"
	"path/filepath"
	"time"

	"github.com/spf13/pflag"
	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"

	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	apiserveroptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// Addresses of services and pods; no packet is ever sent to one.
const serviceRange, podRange = "10.96.0.0/16", "10.244.0.0/16"

// startEtcd runs a single etcd without TLS on free ports.
func startEtcd(ctx context.Context, data string) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Dir = data
	config.LogLevel, config.LogOutputs = "error", []string{filepath.Join(*dir, "etcd.log")}
	config.UnsafeNoFsync = true // a test's state may be lost with the machine
	anyPort := []url.URL{{Scheme: "http", Host: host + ":0"}}
	config.ListenClientUrls, config.AdvertiseClientUrls = anyPort, anyPort
	config.ListenPeerUrls, config.AdvertisePeerUrls = anyPort, anyPort
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case <-ctx.Done():
		etcd.Close()
		return nil, ctx.Err()
	case <-time.After(time.Minute):
		etcd.Close()
		return nil, errors.New("not ready after a minute")
	}
}

// parse gives args to the flags of a part.
func parse(sets cliflag.NamedFlagSets, args ...string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return all.Parse(args)
}

func newAPIServer(listener net.Listener, etcd string) (func(context.Context) error, error) {
	options := apiserveroptions.NewServerRunOptions()
	if err := parse(options.Flags(), append([]string{
		"--etcd-servers=" + etcd,
		"--bind-address=" + host,
		// A loopback address is refused here. Nothing connects to this one, since the service "kubernetes" gets no endpoints.
		"--advertise-address=10.96.255.254",
		"--endpoint-reconciler-type=none",
		"--tls-cert-file=" + pki("apiserver.crt"), "--tls-private-key-file=" + pki("apiserver.key"),
		"--client-ca-file=" + pki("ca.crt"),
		"--authorization-mode=Node,RBAC",
		"--service-account-issuer=https://kubernetes.default.svc.cluster.local",
		"--service-account-key-file=" + pki("sa.pub"), "--service-account-signing-key-file=" + pki("sa.key"),
		"--service-cluster-ip-range=" + serviceRange,
		// Aggregated APIs learn from headers who asks, and from this certificate that the headers are the apiserver's.
		"--proxy-client-cert-file=" + pki("front-proxy-client.crt"), "--proxy-client-key-file=" + pki("front-proxy-client.key"),
		"--requestheader-client-ca-file=" + pki("front-proxy-ca.crt"),
		"--requestheader-allowed-names=front-proxy-client",
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--allow-privileged=true",
	}, *apiserverFlags...)...); err != nil {
		return nil, err
	}
	options.SecureServing.Listener = listener
	options.SecureServing.BindPort = listener.Addr().(*net.TCPAddr).Port
	// Feature gates belong to the process: --apiserver-flag sets them for every part.
	if err := options.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	return func(ctx context.Context) error {
		completed, err := options.Complete(ctx)
		if err != nil {
			return err
		}
		if errs := completed.Validate(); len(errs) > 0 {
			return errors.Join(errs...)
		}
		return apiserver.Run(ctx, completed)
	}, nil
}

func newManager() (func(context.Context) error, error) {
	options, err := manageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	known, off, aliases := manager.KnownControllers(), manager.ControllersDisabledByDefault(), manager.ControllerAliases()
	if err := parse(options.Flags(known, off, aliases), append([]string{
		"--kubeconfig=" + pki("controller-manager.kubeconfig"),
		"--secure-port=0", // one process has one registry of metrics: the apiserver's /metrics has them all
		"--leader-elect=false",
		"--kube-api-qps=500", "--kube-api-burst=1000", // with the default of 20 requests a second the start takes 6 s longer
		"--use-service-account-credentials=true",
		"--service-account-private-key-file=" + pki("sa.key"),
		"--root-ca-file=" + pki("ca.crt"),
		"--cluster-signing-cert-file=" + pki("ca.crt"), "--cluster-signing-key-file=" + pki("ca.key"),
		"--allocate-node-cidrs=true", "--cluster-cidr=" + podRange,
		"--service-cluster-ip-range=" + serviceRange,
	}, *managerFlags...)...); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		config, err := options.Config(ctx, known, off, aliases)
		if err != nil {
			return err
		}
		return manager.Run(ctx, config.Complete())
	}, nil
}

func newScheduler(ctx context.Context) (run func(context.Context) error, synced func(context.Context) error, err error) {
	options := scheduleroptions.NewOptions()
	if err := parse(*options.Flags, append([]string{
		"--kubeconfig=" + pki("scheduler.kubeconfig"),
		"--secure-port=0",
		"--leader-elect=false",
	}, *schedulerFlags...)...); err != nil {
		return nil, nil, err
	}
	config, sched, err := scheduler.Setup(ctx, options)
	if err != nil {
		return nil, nil, err
	}
	return func(ctx context.Context) error { return scheduler.Run(ctx, config, sched) }, sched.WaitForHandlersSync, nil
}
