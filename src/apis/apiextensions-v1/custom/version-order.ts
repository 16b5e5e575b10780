/** Order of versions as Kubernetes prefers them: v2, v1, v1beta2, v1beta1, v1alpha1, then all others by name. */

const pattern = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/
const stages: Readonly<Record<string, number>> = { alpha: 0, beta: 1 }

function parse(version: string): readonly [stage: number, major: number, minor: number] | undefined {
  const found = pattern.exec(version)
  if (!found) return undefined
  const [, major, stage, minor] = found
  return [stage ? stages[stage]! : 2, Number(major), Number(minor ?? 0)]
}

/** For sorting: the preferred one first. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [parse(a), parse(b)]
  if (!left || !right) return left ? -1 : right ? 1 : a < b ? -1 : a > b ? 1 : 0
  const at = left.findIndex((part, i) => part !== right[i])
  return at < 0 ? 0 : right[at]! - left[at]!
}
