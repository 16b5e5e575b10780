/** The scheduler, as the composition root starts it. */
export { startScheduler } from './scheduler.js'
