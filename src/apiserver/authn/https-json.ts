/** Fetches JSON documents over HTTPS: what OIDC discovery needs. */

/** Rejects for anything but a 200 that is JSON. */
export type FetchJson = (url: string) => Promise<unknown>

const timeoutMilliseconds = 30_000
const maxBytes = 1024 * 1024

/** `ca`: PEM of the only authority to trust; default: those that Node knows. */
export function newFetchJson(ca: string | undefined): FetchJson {
  return async url => {
    const { request } = await import('node:https')
    return new Promise((resolve, reject) => {
      const call = request(url, { ...(ca && { ca }), timeout: timeoutMilliseconds }, response => {
        const chunks: Buffer[] = []
        let size = 0
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk)
          if ((size += chunk.length) > maxBytes) call.destroy(new Error(`${url}: the answer is too large`))
        })
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode !== 200) return reject(new Error(`${response.statusCode}: ${text}`))
          try {
            resolve(JSON.parse(text))
          } catch {
            reject(new Error(`${url}: the answer is not JSON`))
          }
        })
      })
      call.on('timeout', () => call.destroy(new Error(`${url}: no answer in time`)))
      call.on('error', reject)
      call.end()
    })
  }
}
