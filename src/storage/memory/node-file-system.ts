/** The real disk, by node:fs. */
import { constants, promises } from 'node:fs'
import type { AppendFile, FileSystem, OpenOptions, ReadFile } from './file-system.js'

const { O_APPEND, O_CREAT, O_DSYNC, O_WRONLY } = constants
const hasCode = (error: unknown, code: string) => (error as NodeJS.ErrnoException)?.code === code

async function openAppend(path: string, { durable = false }: OpenOptions = {}): Promise<AppendFile> {
  // Where the platform has no O_DSYNC the constant is undefined, and a sync follows every write.
  const synchronous = durable && O_DSYNC !== undefined
  const handle = await promises.open(path, O_WRONLY | O_CREAT | O_APPEND | (synchronous ? O_DSYNC : 0), 0o600)
  let size = (await handle.stat()).size
  return {
    get size() {
      return size
    },
    async append(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await handle.write(bytes, done, bytes.length - done)
        done += bytesWritten
        size += bytesWritten
      }
      if (durable && !synchronous) await handle.datasync()
    },
    sync: () => handle.sync(),
    close: () => handle.close(),
  }
}

async function openRead(path: string): Promise<ReadFile> {
  const handle = await promises.open(path, 'r')
  const { size } = await handle.stat()
  return {
    size,
    async read(buffer, position) {
      let done = 0
      while (done < buffer.length) {
        const { bytesRead } = await handle.read(buffer, done, buffer.length - done, position + done)
        if (bytesRead === 0) break
        done += bytesRead
      }
      return done
    },
    close: () => handle.close(),
  }
}

async function withHandle(path: string, flags: string, use: (handle: promises.FileHandle) => Promise<void>) {
  const handle = await promises.open(path, flags)
  try {
    await use(handle)
  } finally {
    await handle.close()
  }
}

/** Files are 0600, directories 0700. */
export const nodeFileSystem: FileSystem = {
  async makeDirectory(path) {
    await promises.mkdir(path, { recursive: true, mode: 0o700 })
  },
  list: path => promises.readdir(path),
  openAppend,
  openRead,
  truncate: (path, size) =>
    withHandle(path, 'r+', async handle => {
      await handle.truncate(size)
      await handle.sync()
    }),
  rename: (from, to) => promises.rename(from, to),
  remove: path => promises.rm(path, { force: true }),
  syncDirectory: path => withHandle(path, 'r', handle => handle.sync()),
  createExclusive: (path, text) =>
    withHandle(path, 'wx', async handle => {
      await handle.writeFile(text)
    }),
  async readText(path) {
    try {
      return await promises.readFile(path, 'utf8')
    } catch (error) {
      if (hasCode(error, 'ENOENT')) return undefined
      throw error
    }
  },
}
