/** Plays a script of shell commands, one a line, and compares what each said with a recorded transcript. */
import { cpSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { normalize } from './normalize.js'
import { run } from './run.js'

export interface Entry {
  command: string
  /** Normalized: standard output, lines of standard error after `! `, the exit code if it is not 0. */
  said: string
}

export interface Stage {
  /** Made by `play`: the commands' working directory, home and scratch space. */
  directory: string
  /** Copied into the working directory. */
  fixtures: string
  kubectl: string
  /** The server's. */
  port: string
  /** Commands may change it. */
  kubeconfig: string
}

/** Commands of a script; empty lines and those that start with `#` are none. */
export const commandsOf = (script: string): string[] => script.split('\n').filter(line => line && !line.startsWith('#'))

const prefixed = (text: string, prefix: string) => text.replace(/^(?=.)/gms, prefix)

/** Plays the commands one after the other. Each is run by `sh`, with `kubectl` as the given program. */
export async function play(commands: readonly string[], stage: Stage): Promise<Entry[]> {
  const { directory } = stage
  const [bin, work, scratch] = ['bin', 'work', 'scratch'].map(name => join(directory, name)) as [string, string, string]
  for (const path of [bin, scratch]) mkdirSync(path, { recursive: true })
  cpSync(stage.fixtures, work, { recursive: true })
  symlinkSync(stage.kubectl, join(bin, 'kubectl'))
  const env = {
    PATH: `${bin}${delimiter}${process.env.PATH}`,
    KUBECONFIG: stage.kubeconfig,
    HOME: directory,
    TMPDIR: scratch,
    K: scratch,
    LC_ALL: 'C',
  }
  const entries: Entry[] = []
  for (const command of commands) {
    const { code, stdout, stderr } = await run('sh', ['-c', `cd ${work}; ${command}`], { env, timeoutMs: 60_000 })
    const text = [withNewline(stdout), prefixed(withNewline(stderr), '! '), code ? `[exit code ${code}]\n` : '']
    entries.push({ command, said: normalize(text.join(''), stage) })
  }
  return entries
}

const withNewline = (text: string) => (text && !text.endsWith('\n') ? `${text}\n` : text)

/** A transcript as text: `$ command`, then what it said. */
export const formatTranscript = (entries: readonly Entry[]): string =>
  entries.map(({ command, said }) => `$ ${command}\n${prefixed(said, '  ')}`).join('')

/** The contrary of formatTranscript. */
export function parseTranscript(text: string): Entry[] {
  const blocks = text.split(/^\$ /m).slice(1)
  return blocks.map(block => {
    const end = block.indexOf('\n')
    return { command: block.slice(0, end), said: block.slice(end + 1).replace(/^ {2}/gm, '') }
  })
}

/** Key of each entry: the command, and which time it comes. */
export function byCommand(entries: readonly Entry[]): Map<string, string> {
  const map = new Map<string, string>()
  for (const { command, said } of entries) {
    let key = command
    for (let n = 2; map.has(key); n++) key = `${command} #${n}`
    map.set(key, said)
  }
  return map
}
