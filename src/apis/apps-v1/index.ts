/** All kinds of apps/v1. */
import { controllerRevision } from './controller-revision.js'
import { daemonSet } from './daemon-set.js'
import { deployment } from './deployment.js'
import { replicaSet } from './replica-set.js'
import { statefulSet } from './stateful-set.js'

export { controllerRevision, daemonSet, deployment, replicaSet, statefulSet }

export const appsV1Kinds = [controllerRevision, daemonSet, deployment, replicaSet, statefulSet] as const
