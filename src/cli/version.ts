/** Which minik8s this is, and which Kubernetes it serves. */
import { readFileSync } from 'node:fs'

/** The Kubernetes release whose contract is served. */
export const kubernetesVersion = 'v1.34.4'

/** Version of the package, from its package.json (beside `dist/`, or at the root of the sources). */
export function packageVersion(): string {
  const file = new URL('../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
