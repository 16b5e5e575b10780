/**
 * Minimum-cost maximum flow by successive shortest paths. Costs may be negative as long as no cycle is; each round finds the
 * cheapest way on which more can flow (Bellman-Ford with a queue) and sends as much along it as fits.
 */
export class FlowNetwork {
  /** Arcs in pairs: an arc at an even place, and the way back after it. */
  private readonly to: number[] = []
  private readonly left: number[] = []
  private readonly cost: number[] = []
  private readonly out: number[][] = []

  /** Adds a vertex; returns its number. */
  vertex(): number {
    return this.out.push([]) - 1
  }

  /** Returns what to ask `flowOn` for. */
  arc(from: number, to: number, { capacity, cost }: { capacity: number; cost: number }): number {
    const id = this.to.length
    this.to.push(to, from)
    this.left.push(capacity, 0)
    this.cost.push(cost, -cost)
    this.out[from]?.push(id)
    this.out[to]?.push(id + 1)
    return id
  }

  flowOn(arc: number): number {
    return this.left[arc + 1] ?? 0
  }

  /** Sends as much as can flow, as cheaply as it can. */
  solve(source: number, sink: number): { flow: number; cost: number } {
    let flow = 0
    let cost = 0
    for (let way = this.cheapest(source, sink); way; way = this.cheapest(source, sink)) {
      const amount = Math.min(...way.map(arc => this.left[arc] as number))
      for (const arc of way) {
        this.left[arc] = (this.left[arc] as number) - amount
        this.left[arc ^ 1] = (this.left[arc ^ 1] as number) + amount
        cost += amount * (this.cost[arc] as number)
      }
      flow += amount
    }
    return { flow, cost }
  }

  private cheapest(source: number, sink: number): number[] | undefined {
    const distance = new Array<number>(this.out.length).fill(Number.POSITIVE_INFINITY)
    const via = new Array<number>(this.out.length).fill(-1)
    const queued = new Uint8Array(this.out.length)
    distance[source] = 0
    const queue = [source]
    for (let at = queue.shift(); at !== undefined; at = queue.shift()) {
      queued[at] = 0
      for (const arc of this.out[at] as number[]) {
        if (!this.left[arc]) continue
        const next = this.to[arc] as number
        const reached = (distance[at] as number) + (this.cost[arc] as number)
        if (reached >= (distance[next] as number)) continue
        distance[next] = reached
        via[next] = arc
        if (!queued[next]) queue.push(next)
        queued[next] = 1
      }
    }
    if (distance[sink] === Number.POSITIVE_INFINITY) return undefined
    const way: number[] = []
    for (let at = sink; at !== source; at = this.to[(via[at] as number) ^ 1] as number) way.push(via[at] as number)
    return way
  }
}
