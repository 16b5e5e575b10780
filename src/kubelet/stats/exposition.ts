/** Writes metrics in Prometheus' text format from values that were just measured. Pure. */

export interface Sample {
  labels?: Readonly<Record<string, string>>
  value: number
  /** Milliseconds since the epoch, where the measurement was not now. */
  time?: number
}

export interface Family {
  name: string
  help: string
  type: 'counter' | 'gauge'
  samples: readonly Sample[]
}

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')

function lineOf(name: string, { labels = {}, value, time }: Sample): string {
  const pairs = Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, text]) => `${key}="${escaped(text)}"`)
  return `${name}${pairs.length ? `{${pairs.join(',')}}` : ''} ${value}${time === undefined ? '' : ` ${time}`}\n`
}

/** Families without samples are left out, as Go's library does. */
export function exposition(families: readonly Family[]): string {
  return families
    .filter(({ samples }) => samples.length > 0)
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, help, type, samples }) => {
      const lines = samples.map(sample => lineOf(name, sample)).join('')
      return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines}`
    })
    .join('')
}
