package main

import (
	"context"
	"fmt"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	"k8s.io/apimachinery/pkg/runtime"
	registration "k8s.io/client-go/applyconfigurations/admissionregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

const maxReplicas = 5

// webhooks fills in what a WebApp leaves out, and refuses what is too much.
type webhooks struct{}

func (webhooks) setUp(mgr ctrl.Manager) error {
	return ctrl.NewWebhookManagedBy(mgr).For(&WebApp{}).WithDefaulter(webhooks{}).WithValidator(webhooks{}).Complete()
}

func (webhooks) Default(_ context.Context, object runtime.Object) error {
	app := object.(*WebApp)
	if app.Spec.Replicas == nil {
		one := int32(1)
		app.Spec.Replicas = &one
	}
	if app.Spec.Image == "" {
		app.Spec.Image = "nginx:latest"
	}
	return nil
}

func (webhooks) ValidateCreate(_ context.Context, object runtime.Object) (admission.Warnings, error) {
	app := object.(*WebApp)
	if *app.Spec.Replicas > maxReplicas {
		return nil, fmt.Errorf("%d replicas are more than %d", *app.Spec.Replicas, maxReplicas)
	}
	if *app.Spec.Replicas == 0 {
		return admission.Warnings{"nobody will answer: there are no replicas"}, nil
	}
	return nil, nil
}

func (w webhooks) ValidateUpdate(ctx context.Context, old, object runtime.Object) (admission.Warnings, error) {
	if !object.(*WebApp).DeletionTimestamp.IsZero() {
		return nil, nil
	}
	return w.ValidateCreate(ctx, object)
}

func (webhooks) ValidateDelete(_ context.Context, object runtime.Object) (admission.Warnings, error) {
	if object.(*WebApp).Labels["keep"] == "true" {
		return nil, fmt.Errorf("it is to be kept")
	}
	return nil, nil
}

// register tells the server, by server-side apply, where the webhooks answer and whose certificate they show.
func (webhooks) register(ctx context.Context, c client.Client, url string, caBundle []byte) error {
	rule := func(operations ...admissionv1.OperationType) *registration.RuleWithOperationsApplyConfiguration {
		return registration.RuleWithOperations().WithOperations(operations...).
			WithAPIGroups(groupVersion.Group).WithAPIVersions(groupVersion.Version).WithResources("webapps")
	}
	at := func(path string) *registration.WebhookClientConfigApplyConfiguration {
		return registration.WebhookClientConfig().WithURL(url + path).WithCABundle(caBundle...)
	}
	mutating := registration.MutatingWebhookConfiguration("webapps").WithWebhooks(
		registration.MutatingWebhook().WithName("default.webapps.shop.example.com").
			WithClientConfig(at("/mutate-shop-example-com-v1-webapp")).
			WithRules(rule(admissionv1.Create, admissionv1.Update)).
			WithSideEffects(admissionv1.SideEffectClassNone).WithAdmissionReviewVersions("v1"))
	validating := registration.ValidatingWebhookConfiguration("webapps").WithWebhooks(
		registration.ValidatingWebhook().WithName("check.webapps.shop.example.com").
			WithClientConfig(at("/validate-shop-example-com-v1-webapp")).
			WithRules(rule(admissionv1.Create, admissionv1.Update, admissionv1.Delete)).
			WithSideEffects(admissionv1.SideEffectClassNone).WithAdmissionReviewVersions("v1"))
	for _, configuration := range []runtime.ApplyConfiguration{mutating, validating} {
		if err := c.Apply(ctx, configuration, client.FieldOwner("webapp-operator"), client.ForceOwnership); err != nil {
			return err
		}
	}
	return nil
}
