/** A binary heap whose items have keys, so that any of them can be found and removed. */
export class KeyedHeap<T> {
  private readonly items: T[] = []
  private readonly places = new Map<string, number>()

  /** `before(a, b)`: a is to come out earlier. */
  constructor(
    private readonly keyOf: (item: T) => string,
    private readonly before: (a: T, b: T) => boolean,
  ) {}

  get size(): number {
    return this.items.length
  }

  has = (key: string): boolean => this.places.has(key)

  get(key: string): T | undefined {
    const at = this.places.get(key)
    return at === undefined ? undefined : this.items[at]
  }

  peek = (): T | undefined => this.items[0]

  /** Replaces an item of the same key. */
  push(item: T): void {
    this.remove(this.keyOf(item))
    this.items.push(item)
    this.place(this.items.length - 1, item)
    this.up(this.items.length - 1)
  }

  pop(): T | undefined {
    const first = this.items[0]
    if (first !== undefined) this.remove(this.keyOf(first))
    return first
  }

  remove(key: string): T | undefined {
    const at = this.places.get(key)
    if (at === undefined) return undefined
    const removed = this.items[at]
    const last = this.items.pop() as T
    this.places.delete(key)
    if (at < this.items.length) {
      this.place(at, last)
      this.up(at)
      this.down(this.places.get(this.keyOf(last)) as number)
    }
    return removed
  }

  values = (): readonly T[] => this.items

  private place(at: number, item: T): void {
    this.items[at] = item
    this.places.set(this.keyOf(item), at)
  }

  private swap(a: number, b: number): void {
    const item = this.items[a] as T
    this.place(a, this.items[b] as T)
    this.place(b, item)
  }

  private up(at: number): void {
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!this.before(this.items[at] as T, this.items[parent] as T)) return
      this.swap(at, parent)
      at = parent
    }
  }

  private down(at: number): void {
    for (;;) {
      let first = at
      for (const child of [2 * at + 1, 2 * at + 2])
        if (child < this.items.length && this.before(this.items[child] as T, this.items[first] as T)) first = child
      if (first === at) return
      this.swap(at, first)
      at = first
    }
  }
}
