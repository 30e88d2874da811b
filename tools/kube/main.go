// Command kubebox runs a Kubernetes control plane in one process, for tests on machines that have neither a cluster nor a container
// runtime: etcd, kube-apiserver, kube-controller-manager and kube-scheduler, compiled from their published modules. Nothing runs the
// containers; with --nodes N the process reports for N nodes that the pods scheduled to them run (nodes.go, pods.go).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

const host = "127.0.0.1"

var (
	dir            = pflag.String("dir", "", "state folder, kept at the end and used again at the next start; without it a temporary one, deleted at the end")
	kubeconfig     = pflag.String("kubeconfig", "", "where the administrator's kubeconfig goes (default DIR/kubeconfig)")
	port           = pflag.Int("port", 0, "port of the apiserver; 0 takes a free one")
	nodes          = pflag.Int("nodes", 0, "how many nodes there are")
	nodeLabels     = pflag.StringToString("node-labels", nil, "labels of every node, as k=v,k=v")
	nodeCapacity   = pflag.StringToString("node-capacity", map[string]string{"cpu": "32", "memory": "128Gi", "pods": "110", "ephemeral-storage": "200Gi"}, "what every node has")
	servingNames   = pflag.StringSlice("serving-names", nil, "more DNS names in DIR/pki/serving.crt, for webhooks and aggregated APIs that tests serve")
	apiserverFlags = pflag.StringArray("apiserver-flag", nil, "one more flag for kube-apiserver (may be repeated)")
	managerFlags   = pflag.StringArray("manager-flag", nil, "one more flag for kube-controller-manager (may be repeated)")
	schedulerFlags = pflag.StringArray("scheduler-flag", nil, "one more flag for kube-scheduler (may be repeated)")
)

func main() {
	pflag.CommandLine.SortFlags = false
	pflag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "kubebox:", err)
		os.Exit(1)
	}
}

func run() error {
	signals, release := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer release()

	removeState, err := prepareState()
	if err != nil {
		return err
	}
	defer removeState()
	closeLog, err := logToFile(filepath.Join(*dir, "kubebox.log"))
	if err != nil {
		return err
	}
	defer closeLog()

	listener, err := net.Listen("tcp", fmt.Sprintf("%s:%d", host, *port))
	if err != nil {
		return err
	}
	server := "https://" + listener.Addr().String()
	if err := writePKI(filepath.Join(*dir, "pki"), server, *servingNames); err != nil {
		return err
	}
	etcd, err := startEtcd(signals, filepath.Join(*dir, "etcd"))
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer etcd.Close()
	say("etcd %s", etcd.Clients[0].Addr())

	parts := newSupervisor()
	api, err := newAPIServer(listener, "http://"+etcd.Clients[0].Addr().String())
	if err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	defer parts.start("kube-apiserver", api)()
	client, err := newAdminClient()
	if err != nil {
		return err
	}
	// No signal ends this wait: an apiserver that is stopped while it starts takes the whole process down before anything is tidied up.
	if err := parts.await(context.Background(), "kube-apiserver "+server, func(ctx context.Context) error {
		_, err := client.Discovery().RESTClient().Get().AbsPath("/readyz").DoRaw(ctx)
		return err
	}); err != nil {
		return err
	}
	if err := deleteWitness(signals, client); err != nil {
		return err
	}
	manager, err := newManager()
	if err != nil {
		return fmt.Errorf("kube-controller-manager: %w", err)
	}
	defer parts.start("kube-controller-manager", manager)()
	scheduler, synced, err := newScheduler(signals)
	if err != nil {
		return fmt.Errorf("kube-scheduler: %w", err)
	}
	defer parts.start("kube-scheduler", scheduler)()
	if *nodes > 0 {
		defer parts.start("nodes", func(ctx context.Context) error { return runNodes(ctx, client) })()
		defer parts.start("volumes", func(ctx context.Context) error { return provisionVolumes(ctx, client) })()
	}
	if err := parts.await(signals, "kube-scheduler", synced); err != nil {
		return err
	}
	if err := parts.await(signals, "kube-controller-manager", func(ctx context.Context) error { return findWitness(ctx, client) }); err != nil {
		return err
	}
	if err := copyFile(pki("admin.kubeconfig"), *kubeconfig); err != nil {
		return err
	}
	say("ready KUBECONFIG=%s", *kubeconfig)
	select {
	case err := <-parts.ended:
		return err
	case <-signals.Done():
		release() // a second signal ends the process at once
		say("stopping")
		return nil
	}
}

var began = time.Now()

func say(format string, args ...any) {
	fmt.Printf("%6.2fs %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
}

// prepareState makes the state folder and says how to remove it where it is a temporary one.
func prepareState() (remove func(), err error) {
	remove = func() {}
	if *dir == "" {
		if *dir, err = os.MkdirTemp("", "kubebox-"); err != nil {
			return nil, err
		}
		remove = func() { os.RemoveAll(*dir) }
	}
	if *kubeconfig == "" {
		*kubeconfig = filepath.Join(*dir, "kubeconfig")
	}
	// Whoever waits for this file must not find the one of an earlier run.
	if err := os.Remove(*kubeconfig); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return remove, os.MkdirAll(filepath.Join(*dir, "pki"), 0o700)
}

func logToFile(path string) (closeLog func(), err error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	settings := flag.NewFlagSet("", flag.PanicOnError)
	klog.InitFlags(settings)
	for name, value := range map[string]string{"logtostderr": "false", "one_output": "true", "stderrthreshold": "FATAL"} {
		if err := settings.Set(name, value); err != nil {
			return nil, err
		}
	}
	klog.SetOutput(file)
	return func() { klog.Flush(); file.Close() }, nil
}

func newAdminClient() (kubernetes.Interface, error) {
	config, err := clientcmd.BuildConfigFromFlags("", pki("admin.kubeconfig"))
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // no limit
	return kubernetes.NewForConfig(config)
}

// A service account that the controller manager makes anew shows that its controllers work. Kept state may hold one of an earlier run.
const witnessNamespace, witnessAccount = "kube-public", "default"

func deleteWitness(ctx context.Context, client kubernetes.Interface) error {
	err := client.CoreV1().ServiceAccounts(witnessNamespace).Delete(ctx, witnessAccount, metav1.DeleteOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// findWitness also looks in the namespace "default": a namespace takes pods only once it has its default service account.
func findWitness(ctx context.Context, client kubernetes.Interface) error {
	for _, namespace := range []string{witnessNamespace, "default"} {
		if _, err := client.CoreV1().ServiceAccounts(namespace).Get(ctx, witnessAccount, metav1.GetOptions{}); err != nil {
			return err
		}
	}
	return nil
}

// pki returns the path of a file that writePKI made.
func pki(name string) string { return filepath.Join(*dir, "pki", name) }

// copyFile puts a whole file in its final location at once.
func copyFile(from, to string) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.WriteFile(to+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(to+".new", to)
}
