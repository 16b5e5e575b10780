/**
 * What all kubelets together tell the API server, and no more: a pod that has got its node is Ready at once, one that is to go is gone.
 * The same for both sides; its own CPU is not counted.
 */
import { once } from 'node:events'
import { connectSession, request } from '../http.js'
import { countdown } from './measure.js'
import type { ControlPlane } from './plane.js'
import { boundPods, openWatch, type WatchedObject } from './watch.js'

const connections = 4
const patchType = 'application/strategic-merge-patch+json'

function ready(n: number): string {
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  const ip = `10.${128 + ((n >> 16) & 127)}.${(n >> 8) & 255}.${n & 255}`
  const conditions = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']
  return JSON.stringify({
    status: {
      ...{ phase: 'Running', startTime: now, podIP: ip, podIPs: [{ ip }], hostIP: '192.0.2.1' },
      conditions: conditions.map(type => ({ type, status: 'True', lastTransitionTime: now })),
      containerStatuses: [
        {
          ...{ name: 'main', image: 'registry.example/app:1.2.3', imageID: 'sha256:0', ready: true, restartCount: 0 },
          ...{ containerID: `sim://${n}`, started: true, state: { running: { startedAt: now } } },
        },
      ],
    },
  })
}

export interface Kubelets {
  /** Resolves when so many pods in all have gone. */
  whenGone(count: number): Promise<void>
  /** What the server has refused; there should be nothing. */
  readonly failure: Error | undefined
  stop(): void
}

export async function startKubelets(plane: ControlPlane): Promise<Kubelets> {
  const sessions = Array.from({ length: connections }, () => connectSession(plane))
  await Promise.all(sessions.map(session => once(session, 'connect')))
  const known = new Map<string, 'running' | 'ending'>()
  let [seen, gone] = [0, 0]
  let onGone: () => void = () => {}
  let failure: Error | undefined
  const ask = async (name: string, call: { method: string; body: string; contentType?: string }) => {
    const path = `/api/v1/namespaces/default/pods/${name}${call.method === 'PATCH' ? '/status' : ''}`
    const { status, body } = await request(sessions[seen++ % connections]!, plane.headers, { ...call, path })
    // A pod may be deleted between its event and our answer.
    if (status > 299 && status !== 404) failure = new Error(`${path} answered ${status}: ${body.subarray(0, 300)}`)
  }
  const take = (type: string, { metadata: { name, uid, deletionTimestamp } }: WatchedObject) => {
    const state = known.get(uid)
    if (type === 'DELETED') {
      known.delete(uid)
      gone++
      onGone()
    } else if (deletionTimestamp && state !== 'ending') {
      known.set(uid, 'ending')
      const body = JSON.stringify({ gracePeriodSeconds: 0, preconditions: { uid } })
      void ask(name, { method: 'DELETE', body }).catch(() => {})
    } else if (!state) {
      known.set(uid, 'running')
      void ask(name, { method: 'PATCH', body: ready(seen), contentType: patchType }).catch(() => {})
    }
  }
  const watch = await openWatch(plane, boundPods, take)
  return {
    async whenGone(count) {
      const { at, all } = countdown('gone', count)
      onGone = () => at(gone)
      onGone()
      await all.catch(error => {
        throw failure ?? error
      })
    },
    get failure() {
      return failure
    },
    stop() {
      watch.close()
      for (const session of sessions) session.destroy()
    },
  }
}
