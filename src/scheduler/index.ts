/** The scheduler, as the composition root starts it. */
export { type Scheduler, type SchedulerDeps, startScheduler } from './scheduler.js'
