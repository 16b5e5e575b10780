/** Removes a container with what is in it, whether it runs, is gone, or is going by itself just now. */
import type Docker from 'dockerode'
import { isRuntimeError } from '../runtime.js'
import { askingOnce } from './errors.js'

/** Resolves when it is gone. */
export async function removeContainer(container: Docker.Container): Promise<void> {
  await askingOnce(container.remove({ force: true, v: true })).catch(async error => {
    if (!isRuntimeError(error, 'conflict')) throw error
    await askingOnce(container.wait({ condition: 'removed' }))
  })
}
