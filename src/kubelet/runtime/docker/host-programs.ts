/**
 * Runs programs of this machine as root, in its own network, for a user who is not root but may use Docker: in a container that sees the
 * machine's programs, read-only, and one directory. No image is needed for it, and it ends with this process however that ends.
 */
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import type Docker from 'dockerode'
import type { MountSettings } from 'dockerode'
import { demultiplex } from './demultiplex.js'
import { asking, askingOnce } from './errors.js'
import { labelNames } from './labels.js'
import { removeContainer } from './remove-container.js'

export interface ProgramResult {
  stdout: string
  stderr: string
}

/** What a program that failed said; the name of the error is that of the program. */
export class ProgramError extends Error {
  constructor(
    program: string,
    readonly stderr: string,
    readonly code: number | 'ENOENT',
  ) {
    super(stderr.trim() || `${program} failed with exit code ${code}`)
  }
}

export interface HostProgramsOptions {
  cluster: string
  pauseImage: string
  /** Of the container, after the cluster's. */
  name: string
  /** Where files for the programs can be put; they see it at the same place. Made when it is missing. */
  directory: string
  /** A directory above it that they may change, too. */
  writable?: string
  /** They may also enter the namespaces of this machine's processes. */
  entersNamespaces?: boolean
  /** A command of the shell that runs when this process is gone, or has called `stop`. */
  atEnd: string
}

export interface HostPrograms {
  /** One after the other. Rejects with ProgramError when the program fails, and with RuntimeError when Docker cannot run it. */
  run(program: string, args: readonly string[]): Promise<ProgramResult>
  stop(): Promise<void>
}

const programPlaces = ['/usr', '/bin', '/sbin', '/lib', '/lib64', '/nix/store', '/etc/alternatives', '/etc/ld.so.cache']
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/run/current-system/sw/bin'
const notFound = 127

/** A line is a number and a command; the answer is the number and the exit code. */
const loop = (atEnd: string) => `
while read -r number command; do
  eval "$command" </dev/null >"$1/$number.out" 2>"$1/$number.err"
  echo "$number $?"
done
${atEnd}
`

const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`
const bind = (place: string, ReadOnly: boolean): MountSettings => ({
  Type: 'bind',
  Source: place,
  Target: place,
  ReadOnly,
})

/** Mounts that let a container run the programs of this machine, with what they are linked with; and further ones. */
export const hostPrograms = (...programs: string[]): MountSettings[] => {
  const within = (program: string) => programPlaces.some(place => program.startsWith(`${place}/`))
  const places = [...programPlaces.filter(existsSync), ...programs.filter(program => !within(program))]
  return places.map(place => bind(place, true))
}

const nameOf = ({ cluster, name }: Pick<HostProgramsOptions, 'cluster' | 'name'>) => `minik8s-${cluster}_${name}`

const inNamespaces: Docker.HostConfig = {
  PidMode: 'host',
  CapAdd: ['NET_ADMIN', 'SYS_ADMIN', 'SYS_CHROOT', 'SYS_PTRACE'],
  SecurityOpt: ['label=disable', 'seccomp=unconfined', 'apparmor=unconfined'],
}

function bodyOf(options: HostProgramsOptions): Docker.ContainerCreateOptions {
  const { cluster, pauseImage, directory, writable, atEnd, entersNamespaces } = options
  return {
    name: nameOf(options),
    Image: pauseImage,
    Labels: { [labelNames.cluster]: cluster },
    Entrypoint: ['/bin/sh', '-c', loop(atEnd), 'sh', directory],
    Env: [`PATH=${path}`],
    OpenStdin: true,
    StdinOnce: true,
    HostConfig: {
      AutoRemove: true,
      NetworkMode: 'host',
      CapAdd: ['NET_ADMIN'],
      SecurityOpt: ['label=disable'],
      ...(entersNamespaces && inNamespaces),
      LogConfig: { Type: 'none', Config: {} },
      Mounts: [...hostPrograms(), bind(writable ?? directory, false)],
    },
  }
}

type Waiter = (code: number | undefined) => void

/** A running container, with those who wait for what it was told. */
class Shell {
  readonly #waiting = new Map<string, Waiter>()
  readonly ended: Promise<void>

  constructor(private readonly connection: Duplex) {
    this.ended = this.#listen()
  }

  async #listen(): Promise<void> {
    let rest = ''
    try {
      for await (const [, data] of demultiplex(this.connection)) {
        const lines = `${rest}${data}`.split('\n')
        rest = lines.pop() ?? ''
        for (const line of lines) this.#answer(line)
      }
    } catch {
      // The connection broke: as an end.
    }
    for (const tell of this.#waiting.values()) tell(undefined)
  }

  #answer(line: string): void {
    const [number = '', code] = line.split(' ')
    this.#waiting.get(number)?.(Number(code))
    this.#waiting.delete(number)
  }

  /** The exit code; undefined when the container ended. */
  tell(number: string, command: string): Promise<number | undefined> {
    return new Promise(resolve => {
      this.#waiting.set(number, resolve)
      this.connection.write(`${number} ${command}\n`)
    })
  }

  async end(): Promise<void> {
    this.connection.end()
    await this.ended
  }
}

class ContainerPrograms implements HostPrograms {
  #shell: Promise<Shell> | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(
    private readonly docker: Docker,
    private readonly options: HostProgramsOptions,
  ) {}

  run(program: string, args: readonly string[]): Promise<ProgramResult> {
    const result = this.#last.then(() => this.#run(program, args))
    this.#last = result.catch(() => {})
    return result
  }

  async #run(program: string, args: readonly string[]): Promise<ProgramResult> {
    this.#shell ??= this.#open()
    const opened = this.#shell
    const shell = await opened.catch(error => {
      this.#shell = undefined
      throw error
    })
    const number = randomUUID()
    const code = await shell.tell(number, [program, ...args].map(quote).join(' '))
    if (code === undefined && this.#shell === opened) this.#shell = undefined
    const [stdout, stderr] = await Promise.all(['out', 'err'].map(kind => this.#take(`${number}.${kind}`)))
    if (code === 0) return { stdout: stdout!, stderr: stderr! }
    throw new ProgramError(program, stderr!, code === notFound ? 'ENOENT' : (code ?? notFound))
  }

  async #take(name: string): Promise<string> {
    const file = join(this.options.directory, name)
    const text = await readFile(file, 'utf8').catch(() => '')
    await rm(file, { force: true })
    return text
  }

  async #open(): Promise<Shell> {
    await mkdir(this.options.directory, { recursive: true, mode: 0o700 })
    // That of a process that was killed may be about to end.
    await removeContainer(this.docker.getContainer(nameOf(this.options)))
    const container = await asking(this.docker.createContainer(bodyOf(this.options)))
    const attached = container.attach({ stream: true, hijack: true, stdin: true, stdout: true })
    const connection = (await asking(attached)) as unknown as Duplex
    await asking(container.start())
    return new Shell(connection)
  }

  async stop(): Promise<void> {
    await this.#last
    const shell = await this.#shell?.catch(() => undefined)
    this.#shell = undefined
    await shell?.end()
  }
}

/** Ample for what runs at the end. */
const endMs = 5000

/** Resolves when the container of a process that is gone has done what it does at its end. */
export async function untilProgramsEnded(docker: Docker, cluster: string): Promise<void> {
  const container = docker.getContainer(nameOf({ cluster, name: 'host' }))
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, endMs)
  })
  await Promise.race([askingOnce(container.wait({ condition: 'removed' })), late])
  clearTimeout(timer)
}

/** Starts nothing before the first program is to run; a container that ended is started again. */
export const newHostPrograms = (docker: Docker, options: HostProgramsOptions): HostPrograms =>
  new ContainerPrograms(docker, options)

/** Removes files whoever they belong to; the container is there for as long as there is something to remove. */
export function newFileRemover(docker: Docker, options: HostProgramsOptions): (path: string) => Promise<void> {
  let programs: HostPrograms | undefined
  let users = 0
  return async path => {
    users++
    programs ??= newHostPrograms(docker, options)
    try {
      await programs.run('rm', ['-rf', '--', path])
    } finally {
      if (--users === 0) {
        const unused = programs
        programs = undefined
        await unused?.stop()
      }
    }
  }
}
