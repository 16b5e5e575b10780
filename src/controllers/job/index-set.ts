/** Completion indexes as the status prints them, `1,3-5,7`: a sorted list of intervals that do not touch. */

type Interval = readonly [first: number, last: number]

export class IndexSet {
  private constructor(private readonly intervals: readonly Interval[]) {}

  static readonly empty = new IndexSet([])

  static of = (indexes: Iterable<number>): IndexSet => IndexSet.merged([...indexes].map((i): Interval => [i, i]))

  /** Reads the printed form; what is malformed, or not below `completions`, is left out. */
  static parse(text: string | undefined, completions: number): IndexSet {
    const intervals = (text ?? '').split(',').flatMap((part): Interval[] => {
      const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? []
      if (first === undefined || Number(first) >= completions) return []
      return [[Number(first), Math.min(Number(last), completions - 1)]]
    })
    return IndexSet.merged(intervals)
  }

  private static merged(intervals: Interval[]): IndexSet {
    const result: [number, number][] = []
    for (const [first, last] of intervals.sort((a, b) => a[0] - b[0])) {
      const previous = result.at(-1)
      if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last)
      else result.push([first, last])
    }
    return new IndexSet(result)
  }

  get size(): number {
    return this.intervals.reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }

  has = (index: number): boolean => this.intervals.some(([first, last]) => first <= index && index <= last)

  union = (other: IndexSet): IndexSet => IndexSet.merged([...this.intervals, ...other.intervals])

  /** How many indexes both have. */
  overlap(other: IndexSet): number {
    let count = 0
    for (const [a, b] of this.intervals)
      for (const [c, d] of other.intervals) count += Math.max(0, Math.min(b, d) - Math.max(a, c) + 1)
    return count
  }

  /** The first `count` indexes below `end` that are not in the set. */
  firstMissing(count: number, end: number): number[] {
    const result: number[] = []
    let candidate = 0
    for (const [first, last] of [...this.intervals, [end, end] as const]) {
      for (; candidate < Math.min(first, end) && result.length < count; candidate++) result.push(candidate)
      candidate = Math.max(candidate, last + 1)
    }
    return result
  }

  /** Two neighbours are printed with a comma, more with a dash. */
  toString = (): string =>
    this.intervals
      .map(([first, last]) => (first === last ? `${first}` : `${first}${last === first + 1 ? ',' : '-'}${last}`))
      .join()
}
