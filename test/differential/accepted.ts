/** Differences that are meant to be, each with its reason. Keep it nearly empty: what can be as upstream has it is to be so. */
import type { NormalAnswer } from './normalize.js'
import type { Found } from './report.js'

export interface Accepted {
  reason: string
  matches(found: Found): boolean
}

const messageOf = ({ body }: NormalAnswer): unknown => (body as { message?: unknown } | null)?.message

/** Fields of the documents that tell where a server is and how it signs. */
const ofTheServer =
  /(^jwks_uri$|serverAddress$|^spec\.ports\.(targetPort|port)$|^id_token_signing_alg_values_supported$)/

export const accepted: readonly Accepted[] = [
  {
    reason: 'Where the servers listen, and the algorithm of their key: both are settings.',
    matches: ({ step, path }) => ['discovery', 'health', 'bootstrap'].includes(step.kind) && ofTheServer.test(path),
  },
  {
    reason:
      'Bad input is a 4xx here where upstream lets a parser fail with a 500 (docs/decisions, "bad input is 4xx").',
    matches: ({ answers: { stock, ours } }) =>
      stock.status === 500 && ours.status === 400 && messageOf(stock) === messageOf(ours),
  },
  {
    reason: 'Go breaks off the stream at a path that is no URL; a Status says more.',
    matches: ({ step, answers: { stock, ours } }) =>
      stock.status === 0 && ours.status === 400 && step.path.includes('%zz'),
  },
  {
    reason: 'Upstream gathers the rules of a user in the order of its cache, which is that of a Go map.',
    matches: ({ path, nature }) => /^status\.(nonR|r)esourceRules$/.test(path) && nature === 'order of items',
  },
  {
    reason: 'The version says that this is minik8s, and names Node.js where upstream names the Go compiler.',
    matches: ({ step, path }) => step.path === '/version' && /^(git|build|goVersion|compiler|platform)/.test(path),
  },
  {
    reason:
      "Upstream's storage tells a certificate that was sent empty from none, though it shows neither: it stores the request again.",
    matches: ({ step, path }) =>
      /\/certificatesigningrequests\b/.test(step.path) && path === 'metadata.resourceVersion',
  },
]
