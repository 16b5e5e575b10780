/** Differences that are meant to be, each with its reason. Keep it nearly empty: what can be as upstream has it is to be so. */
import type { Found } from './report.js'

export interface Accepted {
  reason: string
  matches(found: Found): boolean
}

export const accepted: readonly Accepted[] = [
  {
    reason: 'Upstream gathers the rules of a user in the order of its cache, which is that of a Go map.',
    matches: ({ path, nature }) => /^status\.(nonR|r)esourceRules$/.test(path) && nature === 'order of items',
  },
  {
    reason: 'The version says that this is minik8s, and names Node.js where upstream names the Go compiler.',
    matches: ({ step, path }) => step.path === '/version' && /^(git|build|goVersion|compiler|platform)/.test(path),
  },
]
