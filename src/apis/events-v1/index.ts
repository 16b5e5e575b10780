/** All kinds of events.k8s.io/v1. */
import { event, eventConversion } from './event.js'

export { event, eventConversion }

export const eventsV1Kinds = [event] as const
