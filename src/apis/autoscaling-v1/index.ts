/** All kinds of autoscaling/v1. Scale has no resource of its own: it is what `scale` subresources speak. */
import { horizontalPodAutoscaler, horizontalPodAutoscalerConversion } from './horizontal-pod-autoscaler.js'
import { scale } from './scale.js'

export { horizontalPodAutoscaler, horizontalPodAutoscalerConversion, scale }

export const autoscalingV1Kinds = [horizontalPodAutoscaler] as const
