/** Asks a server by gRPC's health protocol: one unary call over cleartext HTTP/2, the two messages by hand. */
import { joinHostPort } from '../../machinery/host-port.js'
import { type CheckResult, failed, succeeded } from './check.js'

const serving = 1
const statusNames = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']
const unimplemented = 12

/** HealthCheckRequest { string service = 1 } in a gRPC frame. */
function requestFrame(service: string): Buffer {
  const name = Buffer.from(service)
  const message = name.length > 0 ? Buffer.concat([Buffer.from([0x0a, name.length]), name]) : name
  const frame = Buffer.alloc(5)
  frame.writeUInt32BE(message.length, 1)
  return Buffer.concat([frame, message])
}

/** HealthCheckResponse { ServingStatus status = 1 }: absent means 0. */
const statusIn = (frame: Buffer): number => (frame[5] === 0x08 ? (frame[6] ?? 0) : 0)

function verdict(trailers: Record<string, unknown>, body: Buffer): CheckResult {
  const code = Number(trailers['grpc-status'] ?? 0)
  const message = String(trailers['grpc-message'] ?? '')
  if (code === unimplemented)
    return failed(`error: this server does not implement the grpc health protocol (grpc.health.v1.Health): ${message}`)
  if (code !== 0) return failed(`error: health rpc probe failed: rpc error: code = ${code} desc = ${message}`)
  const status = statusIn(body)
  return status === serving
    ? succeeded()
    : failed(`service unhealthy (responded with "${statusNames[status] ?? status}")`)
}

export async function checkGrpc(
  target: { host: string; port: number; service: string },
  signal: AbortSignal,
): Promise<CheckResult> {
  const { connect } = await import('node:http2')
  const address = joinHostPort(target.host, target.port)
  const session = connect(`http://${address}`)
  try {
    return await new Promise<CheckResult>(resolve => {
      const lost = (why: string) =>
        resolve(failed(`error: health rpc probe failed: failed to connect service "${address}": ${why}`))
      signal.addEventListener('abort', () => lost('context deadline exceeded'), { once: true })
      session.once('error', error => lost(error.message))
      const stream = session.request({
        ':method': 'POST',
        ':path': '/grpc.health.v1.Health/Check',
        'content-type': 'application/grpc',
        te: 'trailers',
        'user-agent': 'kube-probe/1.34',
      })
      const chunks: Buffer[] = []
      let trailers: Record<string, unknown> = {}
      stream.on('response', headers => {
        trailers = { ...headers }
      })
      stream.on('trailers', headers => {
        trailers = { ...trailers, ...headers }
      })
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('error', error => lost(error.message))
      stream.on('end', () => resolve(verdict(trailers, Buffer.concat(chunks))))
      stream.end(requestFrame(target.service))
    })
  } finally {
    session.destroy()
  }
}
