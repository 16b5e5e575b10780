/** `minik8s scheduler`: the scheduler in a process of its own, in the place of kube-scheduler. */
import { newInformerFactory } from '../../client/informer-factory.js'
import { startScheduler } from '../../scheduler/index.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Command } from '../command.js'
import { schedulerFlags } from '../component-flags.js'
import { formatFlags, parseFlags } from '../flags.js'
import { runComponent, type Work } from '../run-component.js'
import { readSchedulerConfig } from '../scheduler-config.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

export const command: Command = {
  summary: 'run the scheduler alone',
  help: `Usage: minik8s scheduler --kubeconfig FILE [FLAGS]

Runs the scheduler on any API server of Kubernetes v1.34, until Ctrl-C or SIGTERM. Of several only the holder of the lease
kube-system/kube-scheduler works.

${formatFlags(schedulerFlags)}
`,
  async run(args) {
    const flags = parseFlags(args, schedulerFlags)
    const settings = await readSchedulerConfig(flags.config)
    const work: Work = ({ client, log }) => {
      const informers = newInformerFactory({ client, clock, random, log })
      const scheduler = startScheduler({
        ...{ client, informers, clock, random, log, settings },
        metrics: newMetricRegistry(),
        post: async (...call) => (await import('../cluster/extender-calls.js')).postToExtender(...call),
      })
      informers.start()
      return {
        stop() {
          scheduler.stop()
          informers.stop()
        },
      }
    }
    return runComponent('kube-scheduler', flags, work)
  },
}
