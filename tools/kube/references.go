package main

import (
	"context"
	"fmt"

	core "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// reference is a secret or config map that a pod needs before its containers can start; an empty key stands for the whole object.
type reference struct{ kind, name, key string }

// missing names the first secret or config map, or key in one, that the pod needs and that does not exist, in a kubelet's words.
func missing(ctx context.Context, client kubernetes.Interface, pod *core.Pod) string {
	for _, needed := range referencesOf(pod) {
		if lacks := needed.missingIn(ctx, client, pod.Namespace); lacks != "" {
			return lacks
		}
	}
	return ""
}

// referencesOf returns what the pod's volumes and environment name, without what is optional.
func referencesOf(pod *core.Pod) (all []reference) {
	add := func(kind, name, key string, optional *bool) {
		if optional == nil || !*optional {
			all = append(all, reference{kind, name, key})
		}
	}
	for _, volume := range pod.Spec.Volumes {
		if s := volume.Secret; s != nil {
			add("secret", s.SecretName, "", s.Optional)
			for _, item := range s.Items {
				add("secret", s.SecretName, item.Key, s.Optional)
			}
		} else if m := volume.ConfigMap; m != nil {
			add("configmap", m.Name, "", m.Optional)
		}
	}
	for _, container := range append(pod.Spec.InitContainers, pod.Spec.Containers...) {
		for _, source := range container.EnvFrom {
			if s := source.SecretRef; s != nil {
				add("secret", s.Name, "", s.Optional)
			} else if m := source.ConfigMapRef; m != nil {
				add("configmap", m.Name, "", m.Optional)
			}
		}
		for _, variable := range container.Env {
			if variable.ValueFrom == nil {
				continue
			}
			if s := variable.ValueFrom.SecretKeyRef; s != nil {
				add("secret", s.Name, s.Key, s.Optional)
			} else if m := variable.ValueFrom.ConfigMapKeyRef; m != nil {
				add("configmap", m.Name, m.Key, m.Optional)
			}
		}
	}
	return all
}

func (r reference) missingIn(ctx context.Context, client kubernetes.Interface, namespace string) string {
	var err error
	found := r.key == ""
	if r.kind == "secret" {
		var secret *core.Secret
		if secret, err = client.CoreV1().Secrets(namespace).Get(ctx, r.name, metav1.GetOptions{}); err == nil && !found {
			_, found = secret.Data[r.key]
		}
	} else {
		var configMap *core.ConfigMap
		if configMap, err = client.CoreV1().ConfigMaps(namespace).Get(ctx, r.name, metav1.GetOptions{}); err == nil && !found {
			_, found = configMap.Data[r.key]
		}
	}
	switch {
	case err != nil:
		return fmt.Sprintf("%s %q not found", r.kind, r.name)
	case !found:
		return fmt.Sprintf("couldn't find key %s in %s %s/%s", r.key, r.kind, namespace, r.name)
	}
	return ""
}
