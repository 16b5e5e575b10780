/** A Python with the official client: a virtual environment in the user's cache, made when it is missing. */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { testCache } from './test-cache.js'
import type { Tool } from './tool.js'

const requirement = 'kubernetes>=34,<37'

/** What the client comes from: PyPI. Takes some 15 s the first time. */
export function preparePython(): Tool {
  const directory = join(testCache(), 'python')
  const program = join(directory, 'bin/python')
  const has = () => spawnSync(program, ['-c', 'import kubernetes, yaml'], { stdio: 'ignore' }).status === 0
  if (existsSync(program) && has()) return { program }
  if (spawnSync('python3', ['--version']).status !== 0) return { missing: 'there is no python3' }
  const made = spawnSync('python3', ['-m', 'venv', directory], { encoding: 'utf8' })
  if (made.status !== 0) return { missing: `python3 cannot make a virtual environment: ${lastLine(made.stdout)}` }
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', requirement]
  const installed = spawnSync(program, pip, { encoding: 'utf8', timeout: 120_000 })
  if (installed.status === 0 && has()) return { program }
  rmSync(directory, { recursive: true, force: true })
  return { missing: `pip cannot install ${requirement}: ${lastLine(installed.stderr)}` }
}

const lastLine = (text: string | null) => text?.trim().split('\n').at(-1) ?? ''
