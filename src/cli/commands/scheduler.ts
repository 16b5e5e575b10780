/** `minik8s scheduler`: the scheduler in a process of its own, in the place of kube-scheduler. */
import { newInformerFactory } from '../../client/informer-factory.js'
import { startScheduler } from '../../scheduler/index.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Command } from '../command.js'
import { explainFlags, schedulerFlags } from '../component-flags.js'
import { formatFlags, parseFlags } from '../flags.js'
import { measuredNodes } from '../measured-nodes.js'
import { runComponent, type Work } from '../run-component.js'
import { readSchedulerConfig } from '../scheduler-config.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

export const command: Command = {
  summary: 'run the scheduler alone',
  help: `Usage: minik8s scheduler --kubeconfig FILE [FLAGS]
       minik8s scheduler explain POD [FLAGS]   node by node, what refuses a pod or how its score comes about

Runs the scheduler on any API server of Kubernetes v1.34, until Ctrl-C or SIGTERM. Of several only the holder of the lease
kube-system/kube-scheduler works.

${formatFlags(schedulerFlags)}

\`explain\` asks the same plugins about one pod, on what the API server lists now, and changes nothing. Of a pod that has a node it
says how the nodes would be seen were it to be placed anew.

Flags of \`explain\`:
${formatFlags(explainFlags)}
`,
  async run(args) {
    if (args[0] === 'explain') return (await import('./scheduler-explain.js')).explain(args.slice(1))
    const flags = parseFlags(args, schedulerFlags)
    const settings = await readSchedulerConfig(flags.config)
    const work: Work = ({ client, log }) => {
      const informers = newInformerFactory({ client, clock, random, log })
      const scheduler = startScheduler({
        ...{ client, informers, clock, random, log, settings },
        metrics: newMetricRegistry(),
        post: async (...call) => (await import('../cluster/extender-calls.js')).postToExtender(...call),
        nodeUsage: async () => (await client.list(measuredNodes)).items,
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
