/** `minik8s controller-manager`: the controllers in a process of their own, in the place of kube-controller-manager. */
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { type ControllersOptions, startControllers } from '../../controllers/index.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Command } from '../command.js'
import { controllerManagerFlags } from '../component-flags.js'
import { parseControllers } from '../configuration.js'
import { formatFlags, parseFlags, UsageError } from '../flags.js'
import { readNodeCidrFlags } from '../node-cidr-flags.js'
import { readFlagFile } from '../read-flag-file.js'
import { runComponent } from '../run-component.js'
import { systemClock as clock, systemRandom as random } from '../system.js'

/** The code for signing is loaded at the first secret. */
const tokenSigner =
  (signingKey: string): NonNullable<ControllersOptions['signToken']> =>
  async (account, secret) => {
    const { newTokenSigner } = await import('../../apiserver/authn/service-account-token.js')
    const { legacyClaims } = await import('../../apiserver/authn/legacy-token.js')
    const publicKey = createPublicKey(signingKey).export({ type: 'spki', format: 'pem' }).toString()
    return newTokenSigner({ signingKey, publicKey }).sign(legacyClaims(account, secret))
  }

function checkedTokenKey(key: string): string {
  if (createPrivateKey(key).asymmetricKeyType !== 'ec')
    throw new UsageError('--service-account-private-key-file must hold an EC key (P-256)')
  return key
}

export const command: Command = {
  summary: 'run the controllers alone',
  help: `Usage: minik8s controller-manager --kubeconfig FILE [FLAGS]

Runs the controllers on any API server of Kubernetes v1.34, until Ctrl-C or SIGTERM. Of several only the holder of the lease
kube-system/kube-controller-manager works. All act as the user of the kubeconfig.

${formatFlags(controllerManagerFlags)}
`,
  async run(args) {
    const flags = parseFlags(args, controllerManagerFlags)
    const read = (flag: 'root-ca-file' | 'cluster-signing-key-file' | 'service-account-private-key-file') =>
      readFlagFile(flag, flags[flag])
    const [rootCa, rootKey, tokenKey] = await Promise.all([
      read('root-ca-file'),
      read('cluster-signing-key-file'),
      read('service-account-private-key-file'),
    ])
    const withoutCa = rootCa ? [] : ['-root-ca-certificate-publisher-controller', '-serviceaccount-token-controller']
    const choice = [...withoutCa, ...parseControllers(flags.controllers ?? '*')]
    const nodeCidrs = readNodeCidrFlags(flags)
    const signToken = tokenKey && tokenSigner(checkedTokenKey(tokenKey))
    return runComponent('kube-controller-manager', flags, ({ client, log }) =>
      startControllers({
        client,
        clientFor: () => client,
        clock,
        random,
        log,
        metrics: newMetricRegistry(),
        rootCa: rootCa ?? '',
        ...(rootCa && rootKey && { rootKey }),
        ...(signToken && { signToken }),
        ...(nodeCidrs && { nodeCidrs: Promise.resolve(nodeCidrs) }),
        choice,
      }),
    )
  },
}
