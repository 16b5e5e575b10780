/**
 * What all kubelets together tell the API server, and no more: a pod that has got its node is Ready at once, one that is to go is gone.
 * The same for both sides; its own CPU is not counted.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { type Call, connectSession, request } from '../http.js'
import { countdown } from './measure.js'
import type { Trial } from './trial.js'
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
  /** Resolves when all pods of the trial have gone. */
  whenGone(): Promise<void>
  /** What the server has refused; there should be nothing. */
  readonly failure: Error | undefined
}

const againAfterMs = 200

/** One call after the other on a few connections; what the server did not take is sent again, for as long as the trial lasts. */
function newSender({ plane, signal }: Trial, onRefused: (error: Error) => void) {
  const sessions = Array.from({ length: connections }, () => connectSession(plane))
  signal.addEventListener('abort', () => sessions.forEach(session => void session.destroy()), { once: true })
  let next = 0
  const sessionInTurn = () => {
    const i = next++ % connections
    const session = sessions[i]!
    return session.closed || session.destroyed ? (sessions[i] = connectSession(plane)) : session
  }
  return async (call: Call) => {
    while (!signal.aborted) {
      try {
        const { status, body } = await request(sessionInTurn(), plane.headers, call)
        // A pod may be deleted between its event and our answer.
        if (status < 300 || status === 404) return
        if (status < 500 && status !== 429)
          return onRefused(new Error(`${call.path} answered ${status}: ${body.subarray(0, 300)}`))
      } catch {
        // The connection ended.
      }
      await pause(againAfterMs)
    }
  }
}

export async function startKubelets(trial: Trial): Promise<Kubelets> {
  const known = new Map<string, 'running' | 'ending'>()
  let [seen, gone] = [0, 0]
  let onGone: () => void = () => {}
  let failure: Error | undefined
  const send = newSender(trial, error => {
    failure = error
  })
  const take = (type: string, { metadata: { name, uid, deletionTimestamp } }: WatchedObject) => {
    const path = `/api/v1/namespaces/default/pods/${name}`
    const state = known.get(uid)
    if (type === 'DELETED') {
      known.delete(uid)
      gone++
      onGone()
    } else if (deletionTimestamp && state !== 'ending') {
      known.set(uid, 'ending')
      const body = JSON.stringify({ gracePeriodSeconds: 0, preconditions: { uid } })
      void send({ method: 'DELETE', path, body })
    } else if (!state) {
      known.set(uid, 'running')
      void send({ method: 'PATCH', path: `${path}/status`, body: ready(seen++), contentType: patchType })
    }
  }
  await openWatch(trial, boundPods, take)
  return {
    async whenGone() {
      const { at, all } = countdown('gone', trial)
      onGone = () => at(gone)
      onGone()
      await all.catch(error => {
        throw failure ?? error
      })
    },
    get failure() {
      return failure
    },
  }
}
