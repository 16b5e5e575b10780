/** Which nodes have which images, by every name of each. */
import type { ContainerImage } from '../apis/generated/core-v1.js'

export interface ImageState {
  /** Bytes, as the first node said. */
  readonly size: number
  readonly nodes: ReadonlySet<string>
}

const namesOf = (images: readonly ContainerImage[]): string[] => images.flatMap(({ names }) => names ?? [])

export class ImageIndex {
  private readonly states = new Map<string, { size: number; nodes: Set<string> }>()
  private readonly byNode = new Map<string, readonly ContainerImage[]>()

  get = (name: string): ImageState | undefined => this.states.get(name)

  /** What the node has now; most updates of a node change none of it. */
  set(node: string, images: readonly ContainerImage[] = []): void {
    const before = this.byNode.get(node) ?? []
    if (before === images || JSON.stringify(before) === JSON.stringify(images)) return
    for (const name of namesOf(before)) this.drop(name, node)
    if (images.length) this.byNode.set(node, images)
    else this.byNode.delete(node)
    for (const { names, sizeBytes = 0 } of images)
      for (const name of names ?? []) {
        const state = this.states.get(name) ?? { size: sizeBytes, nodes: new Set<string>() }
        this.states.set(name, state)
        state.nodes.add(node)
      }
  }

  private drop(name: string, node: string): void {
    const state = this.states.get(name)
    state?.nodes.delete(node)
    if (state?.nodes.size === 0) this.states.delete(name)
  }
}
