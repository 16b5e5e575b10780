/** Calls of scheduler extenders over HTTP and HTTPS. */
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Extender, PostToExtender } from '../../scheduler/index.js'

/** Upstream's DefaultExtenderTimeout. */
const defaultTimeoutMs = 5000

const units = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const

/** Go's form of a duration; nothing, or nought, is the default. */
function timeoutOf({ httpTimeout = '' }: Extender): number {
  let sum = 0
  for (const [, amount, unit] of httpTimeout.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g))
    sum += Number(amount) * units[unit as keyof typeof units]
  return sum || defaultTimeoutMs
}

/** As upstream: who names no authority is not checked. */
async function tlsOf({ enableHTTPS, tlsConfig = {} }: Extender): Promise<RequestOptions> {
  const { insecure, serverName, caData, certData, keyData, caFile, certFile, keyFile } = tlsConfig
  const pem = async (data: string | undefined, file: string | undefined) =>
    data ? Buffer.from(data, 'base64').toString() : file ? readFile(file, 'utf8') : undefined
  const [ca, cert, key] = await Promise.all([pem(caData, caFile), pem(certData, certFile), pem(keyData, keyFile)])
  return {
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
    ...(serverName && { servername: serverName }),
    rejectUnauthorized: !(insecure || (enableHTTPS && !ca)),
  }
}

export const postToExtender: PostToExtender = async (extender, verb, body) => {
  const url = `${extender.urlPrefix.replace(/\/+$/, '')}/${verb}`
  const isTls = url.startsWith('https:')
  const payload = JSON.stringify(body)
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(payload) }
  const signal = AbortSignal.timeout(timeoutOf(extender))
  const options = { method: 'POST', headers, signal, ...(isTls && (await tlsOf(extender))) }
  return new Promise((resolve, reject) => {
    const request = (isTls ? httpsRequest : httpRequest)(url, options, answer => {
      text(answer)
        .then(found => {
          if (answer.statusCode !== 200)
            throw new Error(`failed ${verb} with extender at URL ${url}, code ${answer.statusCode}`)
          return JSON.parse(found) as unknown
        })
        .then(resolve, reject)
    })
    request.on('error', reject)
    request.end(payload)
  })
}
