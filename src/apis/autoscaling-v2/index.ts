/** All kinds of autoscaling/v2. */
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler.js'

export { horizontalPodAutoscaler }

export const autoscalingV2Kinds = [horizontalPodAutoscaler] as const
