/** `minik8s scheduler explain`: tells of one pod what the scheduler makes of every node. */
import { join } from 'node:path'
import { newHttpsClient } from '../../client/https.js'
import { readKubeconfig } from '../../client/kubeconfig.js'
import { explainPod, explanationText } from '../../scheduler/index.js'
import { silentLogger as log } from '../../telemetry/logger.js'
import { explainFlags } from '../component-flags.js'
import { resolveDataDir } from '../configuration.js'
import { parseFlags, UsageError } from '../flags.js'
import { measuredNodes } from '../measured-nodes.js'
import { readSchedulerConfig } from '../scheduler-config.js'
import { systemClock as clock, systemRandom as random } from '../system.js'
import { UserError } from '../user-error.js'

const usage = 'say which pod: `minik8s scheduler explain POD [-n NAMESPACE]`'

/** The word that is no flag and no flag's value; `pod/web` is `web`, as kubectl prints names. */
function split(args: readonly string[]): { name: string; flags: string[] } {
  const at = args.findIndex((arg, i) => !arg.startsWith('-') && !/^(-\w|--[^=]+)$/.test(args[i - 1] ?? ''))
  const name = args[at]?.replace(/^pods?\//, '')
  if (!name) throw new UsageError(usage)
  return { name, flags: args.filter((_, i) => i !== at) }
}

/** Resolves with the exit code. Every flag takes a value. */
export async function explain(args: readonly string[]): Promise<number> {
  const { name, flags } = split(args)
  const given = parseFlags(flags, explainFlags)
  if (given.output !== undefined && given.output !== 'json') throw new UsageError('--output can only be json')
  const settings = await readSchedulerConfig(given['scheduler-config'])
  const path = given.kubeconfig ?? join(resolveDataDir(given['data-dir'], process.env), 'kubeconfig')
  const connection = await readKubeconfig(path).catch(error => {
    throw new UserError(`${(error as Error).message}; say how to reach the API server with --kubeconfig`)
  })
  const namespace = given.namespace ?? connection.namespace
  const client = newHttpsClient({ ...connection, userAgent: 'minik8s' }, { clock })
  try {
    const explanation = await explainPod(
      { namespace, name },
      {
        ...{ client, clock, random, log, settings },
        post: async (...call) => (await import('../cluster/extender-calls.js')).postToExtender(...call),
        nodeUsage: async () => (await client.list(measuredNodes)).items,
      },
    ).catch(error => {
      throw new UserError((error as Error).message)
    })
    if (!explanation) throw new UserError(`there is no pod ${name} in the namespace ${namespace}`)
    process.stdout.write(given.output ? `${JSON.stringify(explanation, null, 2)}\n` : explanationText(explanation))
    return 0
  } finally {
    client.close()
  }
}
