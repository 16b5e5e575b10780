/** All kinds of batch/v1. */
import { cronJob } from './cron-job.js'
import { job } from './job.js'

export { cronJob, job }

export const batchV1Kinds = [cronJob, job] as const
