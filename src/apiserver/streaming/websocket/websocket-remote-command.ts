/** Exec and attach over WebSocket: channels 0 to 4 are stdin, stdout, stderr, error and resize. */
import { formatExecStatus } from '../exec-status.js'
import { type RemoteCommand, runRemoteCommand } from '../remote-command.js'
import { ChannelSocket, codecOf } from './channel-socket.js'
import { closed, type UpgradeRequest, upgradeToWebSocket } from './upgrade.js'

const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
  '',
]

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4 } as const

/** Serves one exec or attach; resolves when the connection is closed. */
export async function serveWebSocketRemoteCommand(request: UpgradeRequest, command: RemoteCommand): Promise<void> {
  const upgraded = await upgradeToWebSocket(request, protocols)
  if (!upgraded) return
  const { ws, protocol } = upgraded
  const socket = new ChannelSocket(ws, codecOf(protocol))
  const { stdin, stdout, stderr, tty } = command.options

  // Tells the client that the connection is established.
  const first = stdout ? channels.stdout : stderr ? channels.stderr : channels.error
  socket.send(first, Buffer.alloc(0), () => {})

  const input = stdin ? socket.reader(channels.stdin) : undefined
  await runRemoteCommand(command, {
    stdin: input,
    stdout: stdout ? socket.writer(channels.stdout) : undefined,
    stderr: stderr ? socket.writer(channels.stderr) : undefined,
    resize: tty ? socket.reader(channels.resize) : undefined,
    signal: socket.signal,
    writeStatus: status => {
      const text = formatExecStatus(status, /^v[45]\./.test(protocol))
      return new Promise((resolve, reject) => {
        if (text === '') return resolve()
        socket.send(channels.error, Buffer.from(text), error => (error ? reject(error) : resolve()))
      })
    },
  })
  // Nobody reads it any more, and a full channel would keep the client's goodbye from being read.
  input?.resume()
  ws.close(1000)
  await closed(ws)
}
