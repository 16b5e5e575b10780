/** The version of Kubernetes that the server implements. */

export interface VersionInfo {
  major: string
  minor: string
  emulationMajor: string
  emulationMinor: string
  minCompatibilityMajor: string
  minCompatibilityMinor: string
  gitVersion: string
  gitCommit: string
  gitTreeState: string
  buildDate: string
  goVersion: string
  compiler: string
  platform: string
}

export const defaultGitVersion = 'v1.34.4+minik8s'

/** Shaped as upstream's `/version`; where upstream names Go's compiler and version, Node's stand. */
export const versionInfo = (gitVersion: string, nodeVersion: string): VersionInfo => ({
  major: '1',
  minor: '34',
  emulationMajor: '1',
  emulationMinor: '34',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '33',
  gitVersion,
  gitCommit: '',
  gitTreeState: '',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: `node${nodeVersion}`,
  compiler: 'node',
  platform: 'linux/amd64',
})
