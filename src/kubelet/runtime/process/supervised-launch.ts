/**
 * The calls around a process that outlives minik8s. The launcher stays behind as its parent, holds the pipes of its output open, and tells how it
 * ended as soon as somebody listens:
 *
 *     exit   written by the parent: wait status and time, once the process has ended
 *     ack    read by the parent: one byte lets it go; as long as it has this open, it lives
 *     in, out, err   standard streams
 */
import { join } from 'node:path'
import { type CallResult, type Launcher, reportFd } from './kernel/launcher.js'
import { atWorkingDirectory, cloneFlags, openFlags } from './kernel/system-calls.js'

export const pipeNames = { exit: 'exit', ack: 'ack', in: 'in', out: 'out', err: 'err' } as const

/** Descriptors in a launcher from 20 on; 3 is for its report, 4 for the process id of what it started. */
export const fds = {
  pid: 4,
  exit: 20,
  ack: 21,
  in: 22,
  out: 23,
  err: 24,
  inWriter: 25,
  master: 26,
  slave: 27,
  group: 28,
} as const

const { readOnly, readWrite, closeOnExec } = openFlags

/** Opens a path to have it at that descriptor. */
export function openAt(launcher: Launcher, path: string, options: { fd: number; flags: number; what?: string }): void {
  const { fd, flags, what = `open ${path}` } = options
  const opened = launcher.call('openat', [atWorkingDirectory, path, flags | closeOnExec, 0], { what })
  launcher.move(opened, fd, closeOnExec)
}

/** F_SETFD, FD_CLOEXEC. */
const closeOnExecCommand = [2, 1] as const

const highestFd = 0xffffffff

/**
 * The descriptors through which a launcher tells of itself are none of the program's: their end says that it runs. What whoever started minik8s
 * left open is not either.
 */
export function hideReports(launcher: Launcher): void {
  launcher.call('close_range', [fds.pid + 1, highestFd, 0], { onError: 'ignore' })
  for (const fd of [reportFd, fds.pid]) launcher.call('fcntl', [fd, ...closeOnExecCommand])
}

export interface StandardStreams {
  stdin: boolean
  /** The first who writes to it also ends it. */
  stdinOnce: boolean
}

/** Both ends of what the process writes to: then it is never told that nobody reads. */
export function openPipes(launcher: Launcher, directory: string, streams?: StandardStreams): void {
  hideReports(launcher)
  for (const name of ['exit', 'ack'] as const)
    openAt(launcher, join(directory, pipeNames[name]), { fd: fds[name], flags: readWrite })
  if (!streams) return
  for (const name of ['out', 'err'] as const)
    openAt(launcher, join(directory, pipeNames[name]), { fd: fds[name], flags: readWrite })
  const { stdin, stdinOnce } = streams
  openAt(launcher, stdin ? join(directory, pipeNames.in) : '/dev/null', { fd: fds.in, flags: readOnly })
  if (stdin && !stdinOnce) openAt(launcher, join(directory, pipeNames.in), { fd: fds.inWriter, flags: readWrite })
}

export interface Started {
  child: CallResult
  parent: ReturnType<Launcher['label']>
}

/** What follows is done by the child, until `tellOfEnd`. */
export function fork(launcher: Launcher, flags: number): Started {
  const parent = launcher.label()
  const child = launcher.call('clone', [flags | cloneFlags.childSignal, 0, 0, 0, 0], {
    onPositive: parent,
    what: 'start a process',
  })
  return { child, parent }
}

/** The parent's part: passes the process id on, waits for the end, tells of it, and waits until that was heard. */
export function tellOfEnd(launcher: Launcher, { child, parent }: Started, alsoWaitFor?: CallResult): void {
  launcher.place(parent)
  const ended = launcher.space(24)
  const time = { at: ended.at + 8, size: 16 }
  launcher.call('write', [fds.pid, { pointsTo: child }, 8], { onError: 'ignore' })
  launcher.call('close', [reportFd])
  launcher.call('close', [fds.pid])
  launcher.call('close', [fds.slave], { onError: 'ignore' })
  launcher.call('wait4', [child, ended, 0, 0])
  launcher.call('clock_gettime', [0, time])
  if (alsoWaitFor) launcher.call('wait4', [alsoWaitFor, 0, 0, 0], { onError: 'ignore' })
  launcher.call('write', [fds.exit, ended, 24])
  launcher.call('read', [fds.ack, launcher.space(8), 1])
}

/** How a process ended, as the parent tells it. */
export interface ProcessEnd {
  exitCode: number
  signal?: number
  /** Milliseconds since the epoch. */
  finishedAt: number
}

const signalBase = 128

/** A wait status as exit code: 128 and the signal where there was one, as shells count. */
export function decodeWaitStatus(status: number): { exitCode: number; signal?: number } {
  const signal = status & 0x7f
  return signal ? { exitCode: signalBase + signal, signal } : { exitCode: (status >> 8) & 0xff }
}

export function readEnd(record: Buffer): ProcessEnd {
  const seconds = Number(record.readBigInt64LE(8))
  const nanoseconds = Number(record.readBigInt64LE(16))
  return {
    ...decodeWaitStatus(record.readInt32LE(0)),
    finishedAt: seconds * 1000 + Math.floor(nanoseconds / 1e6),
  }
}
