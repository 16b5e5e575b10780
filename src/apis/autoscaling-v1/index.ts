/** All kinds of autoscaling/v1. */
import { horizontalPodAutoscaler, horizontalPodAutoscalerConversion } from './horizontal-pod-autoscaler.js'

export { horizontalPodAutoscaler, horizontalPodAutoscalerConversion }

export const autoscalingV1Kinds = [horizontalPodAutoscaler] as const
