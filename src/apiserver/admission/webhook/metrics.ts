/** What is counted of calls of webhooks: upstream's names and labels. Families are there once a webhook was called. */
import type { Clock } from '../../../machinery/clock.js'
import { Counter, Histogram, type MetricRegistry } from '../../../telemetry/metrics.js'
import type { Operation } from '../admission.js'

/** One call, told of as it ends: once, but for what failed open. */
export interface WebhookCall {
  allowed(): void
  /** The webhook said no, with that code of HTTP. */
  denied(code: number): void
  /** It could not be asked; `open`: that is ignored. */
  failed(code: number, open: boolean): void
  /** What it answered could not be used. */
  broken(): void
}

export interface WebhookMetrics {
  begin(name: string, mutating: boolean, operation: Operation): WebhookCall
}

const buckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10, 25]
/** Larger codes are counted together. */
const maxCode = 600

function newFamilies(registry: MetricRegistry) {
  const registers = [registry]
  const family = (name: string, help: string, labelNames: string[]) => ({
    ...{ name: `apiserver_admission_webhook_${name}`, help, labelNames, registers },
  })
  return {
    durations: new Histogram({
      ...family(
        'admission_duration_seconds',
        '[STABLE] Admission webhook latency histogram in seconds, identified by name and broken out for each operation and API resource and type (validate or admit).',
        ['name', 'operation', 'rejected', 'type'],
      ),
      buckets,
    }),
    requests: new Counter(
      family(
        'request_total',
        '[ALPHA] Admission webhook request total, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify whether the request was rejected or not and an HTTP status code. Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
        ['code', 'name', 'operation', 'rejected', 'type'],
      ),
    ),
  }
}

const newRejections = (registry: MetricRegistry) =>
  new Counter({
    name: 'apiserver_admission_webhook_rejection_count',
    help: '[ALPHA] Admission webhook rejection count, identified by name and broken out for each admission type (validating or admit) and operation. Additional labels specify an error type (calling_webhook_error or apiserver_internal_error if an error occurred; no_error otherwise) and optionally a non-zero rejection code if the webhook rejects the request with an HTTP status code (honored by the apiserver when the code is greater or equal to 400). Codes greater than 600 are truncated to 600, to keep the metrics cardinality bounded.',
    labelNames: ['error_type', 'name', 'operation', 'rejection_code', 'type'],
    registers: [registry],
  })

const newFailOpen = (registry: MetricRegistry) =>
  new Counter({
    name: 'apiserver_admission_webhook_fail_open_count',
    help: '[ALPHA] Admission webhook fail open count, identified by name and broken out for each admission type (validating or admit).',
    labelNames: ['name', 'type'],
    registers: [registry],
  })

export function newWebhookMetrics(registry: MetricRegistry, clock: Clock): WebhookMetrics {
  let families: ReturnType<typeof newFamilies> | undefined
  let rejections: ReturnType<typeof newRejections> | undefined
  let failOpen: ReturnType<typeof newFailOpen> | undefined
  return {
    begin(name, mutating, operation) {
      const type = mutating ? 'admit' : 'validating'
      const started = clock.monotonic()
      const end = (code: number, rejected: boolean) => {
        families ??= newFamilies(registry)
        const labels = { name, operation, rejected: String(rejected), type }
        families.durations.observe(labels, (clock.monotonic() - started) / 1000)
        families.requests.inc({ code: Math.min(code, maxCode), ...labels })
      }
      const reject = (error_type: string, code: number) => {
        rejections ??= newRejections(registry)
        rejections.inc({ error_type, name, operation, rejection_code: Math.min(code, maxCode), type })
        end(code, true)
      }
      return {
        allowed: () => end(200, false),
        denied: code => reject('no_error', code),
        broken: () => reject('apiserver_internal_error', 0),
        failed(code, open) {
          if (!open) return reject('calling_webhook_error', code)
          failOpen ??= newFailOpen(registry)
          failOpen.inc({ name, type })
          end(code, false)
        },
      }
    },
  }
}
