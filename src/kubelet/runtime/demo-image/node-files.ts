/** The files of the Node that runs this: its program, the loader that starts it, and the libraries that it is linked with. */
import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)
const interpreterSegment = 3 // PT_INTERP
const headerSize = 64

/** Path of the loader that an ELF64 program names; undefined for one that needs none, or is no such program. */
async function loaderOf(program: string): Promise<string | undefined> {
  const file = await open(program)
  try {
    const read = async (at: number, size: number) => (await file.read(Buffer.alloc(size), 0, size, at)).buffer as Buffer
    const header = await read(0, headerSize)
    if (header.toString('latin1', 0, 5) !== '\x7fELF\x02') return undefined
    const [start, size, count] = [
      Number(header.readBigUInt64LE(32)),
      header.readUInt16LE(54),
      header.readUInt16LE(56),
    ] as const
    for (let i = 0; i < count; i++) {
      const segment = await read(start + i * size, size)
      if (segment.readUInt32LE(0) !== interpreterSegment) continue
      const text = await read(Number(segment.readBigUInt64LE(8)), Number(segment.readBigUInt64LE(32)))
      return text.toString('utf8').replace(/\0.*$/s, '')
    }
    return undefined
  } finally {
    await file.close()
  }
}

/** Paths that the loader's list names: `name => path (address)`, or `path (address)`. Pure. */
export const librariesIn = (list: string): string[] => [
  ...new Set([...list.matchAll(/(?:^|\s)(\/\S+) \(0x/gm)].map(([, path]) => path!)),
]

export interface NodeFiles {
  program: string
  /** With the loader; empty for a program that stands alone. */
  libraries: readonly string[]
}

export async function nodeFiles(): Promise<NodeFiles> {
  const program = process.execPath
  const loader = await loaderOf(program)
  if (!loader) return { program, libraries: [] }
  const { stdout } = await run(loader, ['--list', program])
  return { program, libraries: [...new Set([loader, ...librariesIn(stdout)])] }
}
