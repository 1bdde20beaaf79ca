package main

import (
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// deployed is how a Deployment runs the manager: flags and variables may bound its memory or its work, so they count.
func deployed(path string) (args, environment []string, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the manager's Deployment: %w", err)
	}
	var deployment appsv1.Deployment
	if err := yaml.UnmarshalStrict(content, &deployment); err != nil {
		return nil, nil, fmt.Errorf("reading the manager's Deployment: %w", err)
	}
	containers := deployment.Spec.Template.Spec.Containers
	if len(containers) != 1 {
		return nil, nil, fmt.Errorf("%s has %d containers, not the manager alone", path, len(containers))
	}
	for i := range containers[0].Env {
		value, err := valueIn(&containers[0], &containers[0].Env[i])
		if err != nil {
			return nil, nil, err
		}
		environment = append(environment, containers[0].Env[i].Name+"="+value)
	}
	return containers[0].Args, environment, nil
}

// valueIn is a variable's value in a pod.
func valueIn(container *corev1.Container, variable *corev1.EnvVar) (string, error) {
	switch from := variable.ValueFrom; {
	case from == nil:
		return variable.Value, nil
	case from.ResourceFieldRef != nil && from.ResourceFieldRef.Resource == "limits.memory" && from.ResourceFieldRef.Divisor.IsZero():
		return fmt.Sprint(container.Resources.Limits.Memory().Value()), nil
	default:
		return "", fmt.Errorf("the manager's Deployment takes %s from what is not here", variable.Name)
	}
}
