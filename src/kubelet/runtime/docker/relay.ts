/** Reaches servers that listen on a pod's loopback only, for a user who may not enter its network: from a container that joins it. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type Docker from 'dockerode'
import { type Relay, relayScript } from '../port-forward.js'
import { asking } from './errors.js'
import { hostPrograms } from './host-programs.js'
import { labelNames } from './labels.js'
import { carry } from './streams.js'

export interface RelayPlace {
  cluster: string
  pauseImage: string
}

/** The relay is this Node, with a script. */
export const relayIntoSandbox =
  (docker: Docker, { cluster, pauseImage }: RelayPlace) =>
  (sandboxId: string): Relay =>
  async (port, { readable, writable, signal }) => {
    const container = await asking(
      docker.createContainer({
        Image: pauseImage,
        Labels: { [labelNames.cluster]: cluster },
        Entrypoint: [process.execPath, '-e', relayScript, String(port)],
        OpenStdin: true,
        StdinOnce: true,
        HostConfig: {
          AutoRemove: true,
          NetworkMode: `container:${sandboxId}`,
          SecurityOpt: ['label=disable'],
          LogConfig: { Type: 'none', Config: {} },
          Mounts: hostPrograms(process.execPath),
        },
      }),
    )
    const attached = container.attach({ stream: true, hijack: true, stdin: true, stdout: true, stderr: true })
    const connection = (await asking(attached)) as unknown as import('node:stream').Duplex
    const complaints = new PassThrough()
    const complaint = text(complaints)
    await asking(container.start())
    await carry(connection, { stdin: readable, stdout: writable, stderr: complaints, tty: false, signal })
    complaints.end()
    writable.end()
    if (await complaint) throw new Error(await complaint)
  }
