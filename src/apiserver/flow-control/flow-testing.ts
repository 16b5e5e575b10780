/** Flow control for tests: no server, no sockets, a clock that stands still. */
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { FakeClock } from '../../machinery/fake-clock.js'
import type { UserInfo } from '../../machinery/request.js'
import { newMetricRegistry } from '../../telemetry/metrics.js'
import type { Exchange } from '../http/exchange.js'
import { parseRequestInfo } from '../request-info.js'
import { Classifier } from './classifier.js'
import { FlowControl } from './flow-control.js'
import { FlowCountsTable } from './flow-counts.js'

function newExchange(user: UserInfo, url: string): Exchange {
  const request = new IncomingMessage(new Socket())
  const [path = '', search] = url.split('?')
  const query = search === undefined ? undefined : new URLSearchParams(search)
  return {
    request,
    response: new ServerResponse(request),
    info: parseRequestInfo('GET', path, query),
    query,
    user,
    warnings: [],
  }
}

/** `seats`: of the whole server. Requests wait 15 seconds at most. */
export function newTestFlowControl({ seats, clock = new FakeClock() }: { seats: number; clock?: FakeClock }) {
  const metrics = newMetricRegistry()
  const flow = new FlowControl({ clock, metrics, serverSeats: seats, maxWait: 15_000, stats: () => undefined })
  const withExchange = (user: UserInfo, url: string, wait?: number) => {
    const exchange = newExchange(user, url)
    return { exchange, entering: flow.enter(exchange, wait) }
  }
  return {
    flow,
    clock,
    metrics,
    enter: Object.assign((user: UserInfo, url: string, wait?: number) => withExchange(user, url, wait).entering, {
      withExchange,
    }),
    classify: (user: UserInfo, url: string) =>
      new Classifier(flow.configuration, new FlowCountsTable()).classify(newExchange(user, url).info, user),
  }
}
