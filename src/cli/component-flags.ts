/** Flags of components that run as processes of their own, by the names that upstream's have. */
import { type Flag, upFlags } from './flags.js'
import { nodeCidrFlags } from './node-cidr-flags.js'

/** Of every such component. */
export const componentFlags = {
  kubeconfig: { value: 'FILE', help: 'how to reach the API server, and as whom' },
  'leader-elect': {
    value: 'true|false',
    help: 'work only while holding the lease, so that several may run',
    default: 'true',
  },
  'leader-elect-lease-duration': {
    value: 'DURATION',
    help: 'how long others wait for a silent leader',
    default: '15s',
  },
  'leader-elect-renew-deadline': {
    value: 'DURATION',
    help: 'how long a leader tries to renew its lease',
    default: '10s',
  },
  'leader-elect-retry-period': { value: 'DURATION', help: 'between two tries', default: '2s' },
  verbosity: upFlags.verbosity,
} as const satisfies Record<string, Flag>

export const controllerManagerFlags = {
  ...componentFlags,
  controllers: upFlags.controllers,
  'root-ca-file': { value: 'FILE', help: 'the CA that every namespace is given; without it none is' },
  'cluster-signing-key-file': {
    value: 'FILE',
    help: 'key of that CA: certificates are issued with it; without it none are',
  },
  'service-account-private-key-file': {
    value: 'FILE',
    help: 'signs the tokens that secrets of service accounts are filled with (an EC key); without it none are',
  },
  ...nodeCidrFlags,
} as const satisfies Record<string, Flag>

export const schedulerFlags = {
  ...componentFlags,
  config: { value: 'FILE', help: 'a KubeSchedulerConfiguration' },
} as const satisfies Record<string, Flag>

/** Of `minik8s scheduler explain`. */
export const explainFlags = {
  namespace: { value: 'NAME', short: 'n', help: 'of the pod; by default that of the kubeconfig' },
  output: { value: 'json', short: 'o', help: 'for programs' },
  kubeconfig: { value: 'FILE', help: 'how to reach the API server; by default that of the cluster in --data-dir' },
  'data-dir': upFlags['data-dir'],
  'scheduler-config': upFlags['scheduler-config'],
} as const satisfies Record<string, Flag>
