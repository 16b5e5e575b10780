/** ImageLocality: prefers nodes that have the pod's images already. */
import { type Cluster, maxNodeScore, type NodeScorer, type Plugin } from '../framework.js'
import type { PodInfo } from '../pod-info.js'

const mebibyte = 1024 * 1024
/** Upstream: what lies outside of it makes no further difference. */
const minThreshold = 23 * mebibyte
const maxContainerThreshold = 1000 * mebibyte

/** As nodes name images: without a tag the latest is meant. */
const withTag = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image

function score({ pod }: PodInfo, { cache }: Cluster): NodeScorer | undefined {
  const containers = [...(pod.spec.initContainers ?? []), ...pod.spec.containers]
  const nodes = cache.nodeList().length
  const known = containers.flatMap(({ image = '' }) => {
    const found = cache.images.get(withTag(image))
    // An image that few nodes have counts less, lest they get all the pods.
    return found ? [{ nodes: found.nodes, worth: Math.trunc((found.size * found.nodes.size) / nodes) }] : []
  })
  if (!known.length) return undefined
  const maxThreshold = maxContainerThreshold * containers.length
  return {
    score({ name }) {
      let sum = 0
      for (const image of known) if (image.nodes.has(name)) sum += image.worth
      const bounded = Math.min(Math.max(sum, minThreshold), maxThreshold)
      return Math.trunc((maxNodeScore * (bounded - minThreshold)) / (maxThreshold - minThreshold))
    },
  }
}

export const imageLocality: Plugin = { name: 'ImageLocality', score }
