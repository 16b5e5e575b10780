package main

import (
	"context"
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
)

const finalizer = "shop.example.com/obituary"

// reconciler keeps a Deployment for each WebApp, tells of it in the status, and writes an obituary when the WebApp goes.
type reconciler struct {
	client.Client
	recorder record.EventRecorder
	identity string
}

func (r *reconciler) setUp(mgr ctrl.Manager) error {
	return ctrl.NewControllerManagedBy(mgr).For(&WebApp{}).Owns(&appsv1.Deployment{}).Complete(r)
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	app := &WebApp{}
	if err := r.Get(ctx, request.NamespacedName, app); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !app.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, r.finalize(ctx, app)
	}
	if controllerutil.AddFinalizer(app, finalizer) {
		if err := r.Update(ctx, app); err != nil {
			return ctrl.Result{}, err
		}
	}
	deployment, err := r.deploy(ctx, app)
	if err != nil {
		return ctrl.Result{}, err
	}
	return ctrl.Result{}, r.tell(ctx, app, deployment)
}

func (r *reconciler) deploy(ctx context.Context, app *WebApp) (*appsv1.Deployment, error) {
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: app.Name}}
	labels := map[string]string{"webapp": app.Name}
	result, err := controllerutil.CreateOrUpdate(ctx, r.Client, deployment, func() error {
		deployment.Spec.Replicas = app.Spec.Replicas
		deployment.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
		deployment.Spec.Template.Labels = labels
		if len(deployment.Spec.Template.Spec.Containers) == 0 {
			deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "web"}}
		}
		deployment.Spec.Template.Spec.Containers[0].Image = app.Spec.Image
		return controllerutil.SetControllerReference(app, deployment, r.Scheme())
	})
	if err == nil && result == controllerutil.OperationResultCreated {
		r.recorder.Eventf(app, corev1.EventTypeNormal, "Deployed", "%s made deployment %s", r.identity, deployment.Name)
	}
	return deployment, err
}

func (r *reconciler) tell(ctx context.Context, app *WebApp, deployment *appsv1.Deployment) error {
	before := app.Status.DeepCopy()
	ready := deployment.Status.ReadyReplicas
	app.Status.ObservedGeneration, app.Status.ReadyReplicas = app.Generation, ready
	condition := metav1.Condition{Type: "Ready", Status: metav1.ConditionFalse, Reason: "Starting", ObservedGeneration: app.Generation}
	if ready == *app.Spec.Replicas && deployment.Status.ObservedGeneration == deployment.Generation {
		condition.Status, condition.Reason = metav1.ConditionTrue, "AllUp"
	}
	condition.Message = fmt.Sprintf("%d of %d are ready", ready, *app.Spec.Replicas)
	meta.SetStatusCondition(&app.Status.Conditions, condition)
	if equality.Semantic.DeepEqual(before, &app.Status) {
		return nil
	}
	return r.Status().Update(ctx, app)
}

func (r *reconciler) finalize(ctx context.Context, app *WebApp) error {
	if !controllerutil.ContainsFinalizer(app, finalizer) {
		return nil
	}
	obituary := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: app.Namespace, Name: "obituary-" + app.Name},
		Data:       map[string]string{"by": r.identity},
	}
	if err := r.Create(ctx, obituary); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	base := app.DeepCopyObject().(*WebApp)
	controllerutil.RemoveFinalizer(app, finalizer)
	return r.Patch(ctx, app, client.MergeFromWithOptions(base, client.MergeFromWithOptimisticLock{}))
}
