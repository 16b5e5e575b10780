/** One sandbox or container of the process runtime from its creation to its removal: record, process, output, control groups. */
import { mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { RuntimeError } from '../runtime.js'
import type { ContainerStatus, LinuxResources } from '../types.js'
import type { HostServices } from './host-services.js'
import { sizeOf } from './image-store.js'
import type { CallFailure, Launcher } from './kernel/launcher.js'
import { LogFile, logPaths } from './log-file.js'
import type { ContainerRecord } from './record.js'
import type { ProcessEnd } from './supervised-launch.js'
import { SupervisedProcess } from './supervised-process.js'

const killPollMs = 10
/** containerd's exit code for a command that could not be started. */
const startErrorExitCode = 128

export class RunningContainer {
  record: ContainerRecord
  readonly #host: HostServices
  readonly log: LogFile
  #process: SupervisedProcess | undefined
  #ended: Promise<void> | undefined
  #removed = false

  constructor(record: ContainerRecord, host: HostServices) {
    this.record = record
    this.#host = host
    this.log = new LogFile(join(this.directory, 'log'), host.clock)
  }

  get id(): string {
    return this.record.status.id
  }

  get status(): ContainerStatus {
    return this.record.status
  }

  get directory(): string {
    return this.#host.records.directoryOf(this.record.status.id)
  }

  get process(): SupervisedProcess | undefined {
    return this.#process
  }

  /** The main process while it runs. Rejects when it does not. */
  get pid(): number {
    const pid = this.#process?.process?.pid
    if (this.status.state !== 'running' || !pid)
      throw new RuntimeError('conflict', `container ${this.id} is not running`)
    return pid
  }

  #newProcess(): SupervisedProcess {
    const { container, sandbox } = this.record
    return new SupervisedProcess({
      directory: this.directory,
      clock: this.#host.clock,
      ...(!sandbox && { log: this.log }),
      stdin: container?.stdin ?? false,
      sharesProcesses:
        container !== undefined && (container.namespaces.pid !== 'container' || container.pidTarget !== undefined),
    })
  }

  async #update(change: Partial<ContainerStatus>, rest: Partial<ContainerRecord> = {}): Promise<void> {
    this.record = { ...this.record, ...rest, status: { ...this.record.status, ...change } }
    if (!this.#removed) await this.#host.records.write(this.record)
  }

  #emit(type: 'started' | 'died' | 'removed'): void {
    const { node, status } = this.record
    this.#host.emit({ type, id: status.id, pod: status.pod }, node)
  }

  /** Goes on with what an earlier minik8s left. */
  async takeOver(): Promise<void> {
    if (this.status.state !== 'running') {
      this.log.ended = true
      return
    }
    this.#process = this.#newProcess()
    if (await this.#process.adopt(this.record.process)) {
      this.#follow(this.#process)
      return
    }
    this.log.ended = true
    // Its parent is gone, and took it along; what it left behind goes too.
    await this.#killGroup()
    await this.#update({ state: 'exited', exitCode: 255, reason: 'Unknown', finishedAt: this.#host.clock.now() })
  }

  /** Rejects with kind `cannot-run`; then its record says why. */
  async start(
    launcher: Launcher,
    explain: (failures: readonly CallFailure[], all: readonly CallFailure[]) => string,
    rest: Partial<ContainerRecord> = {},
  ): Promise<void> {
    const process = this.#newProcess()
    await process.makePipes(this.#host.pipes)
    this.#process = process
    try {
      await process.start(launcher, this.#host.launchers, explain)
    } catch (error) {
      await this.failed((error as Error).message)
      throw error
    }
    await this.#update(
      { state: 'running', startedAt: this.#host.clock.now() },
      { ...rest, ...(process.process && { process: process.process }) },
    )
    this.#emit('started')
    this.#follow(process)
  }

  /** It has its network. */
  async addressed(ips: readonly string[]): Promise<void> {
    await this.#update({ ips })
  }

  /** A sandbox leaves the network of the pods. What cannot be undone now is when minik8s starts again. */
  async unplug(): Promise<void> {
    if (this.record.sandbox?.namespaces.network !== 'pod') return
    await this.#host.network
      .remove(this.id)
      .catch(error =>
        this.#host.log.warn({ error: String(error), sandbox: this.id }, 'A pod has left its network behind'),
      )
  }

  async failed(message: string): Promise<void> {
    this.log.ended = true
    const finishedAt = this.#host.clock.now()
    await this.#update({
      state: 'exited',
      exitCode: startErrorExitCode,
      reason: 'StartError',
      message,
      startedAt: 0,
      finishedAt,
    })
  }

  #follow(process: SupervisedProcess): void {
    this.#ended = process.ended
      .then(end => this.#exited(end))
      .catch(error => this.#host.log.warn({ error: String(error) }, 'The end of a container could not be noted'))
  }

  async #exited({ exitCode, signal, finishedAt }: ProcessEnd): Promise<void> {
    const outOfMemory = exitCode !== 0 && this.record.container && (await this.#host.groups.wasOutOfMemory(this.id))
    const reason = outOfMemory ? 'OOMKilled' : exitCode === 0 ? 'Completed' : 'Error'
    if (this.record.container) await this.#killGroup()
    await this.#update({ state: 'exited', exitCode, reason, finishedAt, ...(signal !== undefined && { signal }) })
    this.#emit('died')
  }

  /** Processes that outlived the main one. */
  async #killGroup(): Promise<void> {
    for (const pid of await this.#host.groups.processes(this.id)) {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It was faster.
      }
    }
  }

  /** Sends the signal, then SIGKILL after the grace period; resolves once it is down. */
  async stop(signal: NodeJS.Signals | number, gracePeriodSeconds: number): Promise<void> {
    if (this.status.state !== 'running' || !this.#process || !this.#ended) return
    if (gracePeriodSeconds > 0) {
      await this.#process.signal(signal)
      let timer: { cancel(): void } | undefined
      const late = new Promise<'late'>(resolve => {
        timer = this.#host.clock.after(gracePeriodSeconds * 1000, () => resolve('late'))
      })
      const first = await Promise.race([this.#ended, late])
      timer?.cancel()
      if (first !== 'late') return
    }
    await this.#kill()
  }

  /** A process that is about to replace itself may miss the signal of who looks too early: sent until it is down. */
  async #kill(): Promise<void> {
    for (let down = false; !down; ) {
      await this.#process?.signal('SIGKILL')
      let timer: { cancel(): void } | undefined
      const pause = new Promise<boolean>(resolve => {
        timer = this.#host.clock.after(killPollMs * 10, () => resolve(false))
      })
      down = await Promise.race([this.#ended!.then(() => true), pause])
      timer?.cancel()
    }
  }

  limit(resources: LinuxResources): Promise<void> {
    return this.#host.groups.limit(this.id, resources)
  }

  /** What differs from its image, and its logs. */
  async writtenBytes(): Promise<number> {
    const changed = await sizeOf(join(this.directory, 'upper'))
    const logs = await Promise.all(
      logPaths(this.log.path).map(path =>
        stat(path).then(
          ({ size }) => size,
          () => 0,
        ),
      ),
    )
    return logs.reduce((sum, size) => sum + size, changed)
  }

  /** Safe to repeat. */
  async remove(): Promise<void> {
    if (this.#removed) return
    await this.unplug()
    await this.stop('SIGKILL', 0)
    this.#removed = true
    const { memory, groups, records, forget } = this.#host
    if (this.record.sandbox) await memory.remove(this.id)
    else await groups.remove(this.id)
    await this.#process?.close()
    if (!this.log.ended) await this.log.end()
    await records.remove(this.id)
    forget(this.id)
    this.#emit('removed')
  }

  /** Lets it run on without us. */
  async close(): Promise<void> {
    await this.#process?.close()
    if (!this.log.ended && !this.record.sandbox) await this.log.end()
  }

  /** An empty directory in this container's own. */
  async emptyDirectory(name: string): Promise<string> {
    const path = join(this.directory, name)
    await rm(path, { recursive: true, force: true })
    await mkdir(path, { mode: 0o755 })
    return path
  }
}
