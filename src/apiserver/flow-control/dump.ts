/** What is in the queues, as text for people: upstream's /debug/api_priority_and_fairness/dump_*. */
import { formatDuration } from '../../machinery/duration.js'
import type { FlowConfiguration } from './configuration.js'
import type { FlowRequest } from './flow-request.js'
import type { PriorityLevel } from './priority-level.js'
import type { Queue } from './queue.js'

type Row = readonly string[]

const minWidth = 8

/** Columns that line up; each cell but the last of a row ends in a comma. */
function table(rows: readonly Row[]): string {
  const cells = rows.map(row => row.map((cell, i) => (i < row.length - 1 ? `${cell},` : cell)))
  const widths = (cells[0] ?? []).map((_, i) => Math.max(minWidth, ...cells.map(row => row[i]!.length + 1)))
  const line = (row: Row) => row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]!) : cell)).join('')
  return `${cells.map(line).join('\n')}\n`
}

const seatSeconds = (value: number) => `${value.toFixed(8)}ss`
const rowOf = (...values: readonly (string | number | boolean)[]): Row => values.map(String)

const levelHead = rowOf(
  'PriorityLevelName',
  'ActiveQueues',
  'IsIdle',
  'IsQuiescing',
  'WaitingRequests',
  'ExecutingRequests',
  'DispatchedRequests',
  'RejectedRequests',
  'TimedoutRequests',
  'CancelledRequests',
)

function levelRow({ name, quiescing, queueSet }: PriorityLevel): Row {
  const active = queueSet.queues.filter(({ waiting }) => waiting.size > 0).length
  const { isIdle, waiting, executing, dispatched, rejected, timedOut, cancelled } = queueSet
  return rowOf(name, active, isIdle, quiescing, waiting, executing, dispatched, rejected, timedOut, cancelled)
}

const queueHead = rowOf(
  'PriorityLevelName',
  'Index',
  'PendingRequests',
  'ExecutingRequests',
  'SeatsInUse',
  'NextDispatchR',
  'InitialSeatsSum',
  'MaxSeatsSum',
  'TotalWorkSum',
)

function queueRow(level: PriorityLevel, queue: Queue<FlowRequest>, index: number): Row {
  const waiting = [...queue.waiting]
  const initialSeats = waiting.reduce((sum, { estimate }) => sum + estimate.initialSeats, 0)
  const maxSeats = waiting.reduce((sum, request) => sum + request.maxSeats, 0)
  return rowOf(
    level.name,
    index,
    waiting.length,
    queue.executing.size,
    queue.seatsInUse,
    seatSeconds(queue.nextDispatchR),
    initialSeats,
    maxSeats,
    seatSeconds(queue.waitingWork),
  )
}

const requestHead = rowOf(
  'PriorityLevelName',
  'FlowSchemaName',
  'QueueIndex',
  'RequestIndexInQueue',
  'FlowDistingsher',
  'ArriveTime',
  'InitialSeats',
  'FinalSeats',
  'AdditionalLatency',
  'StartTime',
)
const detailHead = rowOf('UserName', 'Verb', 'APIPath', 'Namespace', 'Name', 'APIVersion', 'Resource', 'SubResource')

interface Listed {
  level: PriorityLevel
  request: FlowRequest
  /** -1 for those that are not in a queue. */
  queue: number
  place: number
}

function* listed(level: PriorityLevel): Generator<Listed> {
  const { queues, queueless } = level.queueSet
  for (const [index, queue] of queues.entries()) {
    let place = 0
    for (const request of queue.waiting) yield { level, request, queue: index, place: place++ }
    for (const request of queue.executing) yield { level, request, queue: index, place: -1 }
  }
  for (const request of queueless) yield { level, request, queue: -1, place: -1 }
}

/** `epoch`: milliseconds since 1970 at which the clock that requests go by showed 0. */
function requestRow({ level, request, queue, place }: Listed, details: boolean, epoch: number): Row {
  const { flow, info, estimate, arrivalTime, startTime } = request
  // Upstream's zero time, of those that have not begun.
  const time = (seconds: number) => (seconds ? new Date(epoch + seconds * 1000).toISOString() : '0001-01-01T00:00:00Z')
  const row = rowOf(
    level.name,
    flow.schema,
    queue,
    place,
    flow.distinguisher,
    time(arrivalTime),
    estimate.initialSeats,
    estimate.finalSeats,
    formatDuration(estimate.additionalLatency * 1000),
    time(startTime),
  )
  if (!details) return row
  const { verb, path, namespace, name, group, version, resource, subresource } = info
  const apiVersion = group ? `${group}/${version}` : version
  return [...row, ...rowOf(flow.user, verb, path, namespace, name, apiVersion, resource, subresource)]
}

/** Undefined when there is no such dump. */
export function dumpFlows(configuration: FlowConfiguration, dump: string, details: boolean): string | undefined {
  const levels = [...configuration.levels.values()]
  switch (dump) {
    case 'dump_priority_levels':
      return table([levelHead, ...levels.sort((a, b) => (a.name < b.name ? -1 : 1)).map(levelRow)])
    case 'dump_queues':
      return table([
        queueHead,
        ...levels.flatMap(level => level.queueSet.queues.map((queue, i) => queueRow(level, queue, i))),
      ])
    case 'dump_requests': {
      const epoch = configuration.epoch()
      const rows = levels.flatMap(level => [...listed(level)].map(one => requestRow(one, details, epoch)))
      return table([details ? [...requestHead, ...detailHead] : requestHead, ...rows])
    }
    default:
      return undefined
  }
}
