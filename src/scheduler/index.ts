/** The scheduler, as the composition root starts it. */
export { type SchedulerSettings, schedulerSettings } from './config/settings.js'
export type { Extender } from './config/types.js'
export { explainPod } from './explain/explain.js'
export { explanationText } from './explain/explanation-text.js'
export type { PostToExtender } from './extenders.js'
export type { NodeUsage } from './node-loads.js'
export { startScheduler } from './scheduler.js'
