/** A component that is killed between two of its writes and begins anew, like a process that is started again. */
import type { Client } from '../../../src/client/client.js'
import { Lives } from '../controllers/mortal.js'

export interface MortalOptions<T> {
  client: Client
  /** Begins a life; once it is over, nothing of it may act any more. */
  begin(client: Client, isOver: () => boolean): T
  /** Lets go of what the life before held. */
  end(component: T): void
}

export class Mortal<T> {
  private life: { component: T; isOver: boolean } | undefined
  private writesLeft = Number.POSITIVE_INFINITY
  kills = 0
  private count = 0
  private readonly lives: Lives

  constructor(private readonly options: MortalOptions<T>) {
    this.lives = new Lives({
      dies: () => this.writesLeft-- <= 0,
      replace: () => {
        this.kills++
        this.stop()
        this.start()
      },
      // Every write counts, also one that changes nothing.
      changesOf: () => this.count++,
    })
  }

  start(): void {
    if (this.life) return
    this.writesLeft = Number.POSITIVE_INFINITY
    const life = { isOver: false } as { component: T; isOver: boolean }
    this.life = life
    life.component = this.options.begin(this.lives.client(this.options.client, ''), () => life.isOver)
  }

  stop(): void {
    const { life } = this
    if (!life) return
    this.life = undefined
    life.isOver = true
    this.lives.end()
    this.options.end(life.component)
  }

  /** It is killed after so many more writes. */
  killAfter(writes: number): void {
    this.writesLeft = writes
  }
}
