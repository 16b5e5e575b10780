/** Tells whether a TCP port accepts connections. */

import { connect } from 'node:net'
import { joinHostPort } from '../../machinery/host-port.js'
import { type CheckResult, describeNetworkError, failed, succeeded } from './check.js'

export function checkTcp(host: string, port: number, signal: AbortSignal): Promise<CheckResult> {
  const address = joinHostPort(host, port)
  return new Promise(resolve => {
    const socket = connect({ host, port })
    const end = (result: CheckResult) => {
      socket.destroy()
      resolve(result)
    }
    socket.once('connect', () => end(succeeded()))
    socket.once('error', error => end(failed(describeNetworkError(error, address))))
    signal.addEventListener('abort', () => end(failed(`dial tcp ${address}: i/o timeout`)), { once: true })
  })
}
