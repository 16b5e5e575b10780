/** Files of a volume that the kubelet writes: content by relative path. */

export interface PayloadFile {
  data: Buffer
  /** Permission bits. */
  mode: number
  /** Owner, where the file is for one user alone. */
  uid?: number
}

export type Payload = Map<string, PayloadFile>

const longestPath = 4096
const longestName = 255

/** Throws with upstream's words on a path that could leave the volume. */
export function checkPayloadPath(path: string): void {
  if (path === '') throw new Error(`invalid path: must not be empty: ${JSON.stringify(path)}`)
  if (path.startsWith('/')) throw new Error(`invalid path: must be relative path: ${path}`)
  if (path.length > longestPath)
    throw new Error(`invalid path: must be less than or equal to ${longestPath} characters`)
  const parts = path.split('/')
  if (parts.includes('..')) throw new Error(`invalid path: must not contain '..': ${path}`)
  if (parts.some(part => part.length > longestName))
    throw new Error(`invalid path: filenames must be less than or equal to ${longestName} characters`)
  if (parts[0]!.startsWith('..')) throw new Error(`invalid path: must not start with '..': ${path}`)
}

/** Drops empty and `.` parts. */
export const cleanPath = (path: string): string =>
  path
    .split('/')
    .filter(part => part !== '' && part !== '.')
    .join('/')
