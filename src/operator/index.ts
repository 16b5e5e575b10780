/** The runtime of our own controllers, for those of others: `import { defineController, startOperator } from 'minik8s/controller-runtime'`. */
export type { Client, Patch } from '../client/client.js'
export type { EventRecorder } from '../client/event-recorder.js'
export { defineResource, type Kinds, kinds, type ResourceName } from '../client/kinds.js'
export type { Cache } from '../controllers/runtime/cache.js'
export { type Condition, withCondition } from '../controllers/runtime/conditions.js'
export type { Controller, ReconcileContext } from '../controllers/runtime/controller.js'
export {
  type Change,
  type ControllerDefinition,
  defineController,
  type Watch,
} from '../controllers/runtime/define-controller.js'
export { newControllerRef as controllerRef } from '../controllers/runtime/owner.js'
export { done, type Result, requeueAfter } from '../controllers/runtime/result.js'
export { updateStatus } from '../controllers/runtime/update-status.js'
export type { KindRef } from '../machinery/kind.js'
export type { KubernetesObject, ObjectKey, ObjectList, OwnerReference } from '../machinery/object-meta.js'
export type { DeleteOptions, ListOptions, WatchEvent, WriteOptions } from '../machinery/request.js'
export { isReason, StatusError } from '../machinery/status-error.js'
export type { Logger } from '../telemetry/logger.js'
export { type Operator, type OperatorOptions, startOperator } from './start-operator.js'
