/** Metrics in Prometheus' form. Each component registers what it measures on the registry it is handed; names are upstream's. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client'

export { Counter, Gauge, Histogram, Registry as MetricRegistry }

/** A registry with nothing in it. */
export const newMetricRegistry = (): Registry => new Registry()
