/** Rules for tests. */
import type { HttpRule } from '../http-rule.js'

/** For every host at port 80: paths that begin so go to port 80 of the service. */
export const newHttpRule = (path: string, service: string, more: Partial<HttpRule> = {}): HttpRule => ({
  source: 'Ingress default/test',
  port: 80,
  host: '',
  path: { type: 'Prefix', value: path },
  order: path,
  backends: [{ to: { namespace: 'default', service, port: 80 }, weight: 1 }],
  ...more,
})
