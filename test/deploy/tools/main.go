// Reads the files of deploy/ with the code of those they are for: Compose's own loader, Kustomize, the types of
// Kubernetes' API, which no unknown field passes, and the checks of pod security at the level "restricted".
//
//	main COMPOSE_FILE KUSTOMIZATION...
//
// The versions in go.mod are old on purpose: Debian's Go builds them, and they are the oldest that the files are for.
package main

import (
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/cli"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	security "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

func must(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "FAILED: %s: %v\n", what, err)
		os.Exit(1)
	}
}

var evaluator policy.Evaluator

// The profile that a namespace with pod-security.kubernetes.io/enforce=restricted asks for.
func restricted(what string, template core.PodTemplateSpec) {
	level := security.LevelVersion{Level: security.LevelRestricted, Version: security.LatestVersion()}
	for _, result := range evaluator.EvaluatePod(level, &template.ObjectMeta, &template.Spec) {
		if !result.Allowed {
			must(what, fmt.Errorf("not restricted: %s: %s", result.ForbiddenReason, result.ForbiddenDetail))
		}
	}
}

func kubernetes(folder string) {
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	must(folder, err)
	for _, resource := range built.Resources() {
		what := folder + ": " + resource.GetKind() + " " + resource.GetName()
		text, err := resource.AsYAML()
		must(what, err)
		into := map[string]interface{}{
			"ConfigMap": &core.ConfigMap{}, "PersistentVolumeClaim": &core.PersistentVolumeClaim{}, "Service": &core.Service{},
			"NetworkPolicy": &networking.NetworkPolicy{}, "Deployment": &apps.Deployment{}, "CronJob": &batch.CronJob{},
		}[resource.GetKind()]
		if into == nil {
			must(what, fmt.Errorf("of no kind that is known here"))
		}
		must(what, yaml.UnmarshalStrict(text, into))
		switch object := into.(type) {
		case *apps.Deployment:
			restricted(what, object.Spec.Template)
		case *batch.CronJob:
			restricted(what, object.Spec.JobTemplate.Spec.Template)
		}
		fmt.Println("  " + what)
	}
}

func main() {
	var err error
	evaluator, err = policy.NewEvaluator(policy.DefaultChecks())
	must("the checks of pod security", err)
	options, err := cli.NewProjectOptions([]string{os.Args[1]}, cli.WithInterpolation(true))
	must(os.Args[1], err)
	project, err := cli.ProjectFromOptions(options)
	must(os.Args[1], err)
	for _, service := range project.Services {
		fmt.Println("  " + os.Args[1] + ": " + service.Name)
	}
	for _, folder := range os.Args[2:] {
		kubernetes(folder)
	}
}
