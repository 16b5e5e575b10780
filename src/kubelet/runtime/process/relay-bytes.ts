/** A child process of a launcher that carries bytes from one descriptor to another until one of them ends. */
import type { CallResult, Launcher } from './kernel/launcher.js'
import { cloneFlags, processControl } from './kernel/system-calls.js'

const bufferSize = 4096
const killSignal = 9

/** `unneeded` are closed in it: whoever reads them would wait for it. Resolves in the parent to its process id. */
export function addRelay(
  launcher: Launcher,
  { from, to, unneeded }: { from: number; to: number; unneeded: readonly number[] },
): CallResult {
  const parent = launcher.label()
  const child = launcher.call('clone', [cloneFlags.childSignal, 0, 0, 0, 0], { onPositive: parent })
  launcher.call('prctl', [processControl.setParentDeathSignal, killSignal, 0, 0, 0])
  for (const fd of unneeded) launcher.call('close', [fd], { onError: 'ignore' })
  const [next, write, end] = [launcher.label(), launcher.label(), launcher.label()]
  const buffer = launcher.space(bufferSize)
  launcher.place(next)
  const count = launcher.call('read', [from, buffer, bufferSize], { onError: end, onPositive: write })
  launcher.place(end)
  launcher.call('exit_group', [0])
  launcher.place(write)
  launcher.call('write', [to, buffer, count], { onError: end, onPositive: next })
  launcher.goto(end)
  launcher.place(parent)
  return child
}
