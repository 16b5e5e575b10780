/** Profiles beside the default one, for whoever names them in `schedulerName`: each places pods by another rule. */
import { leastLoaded } from '../plugins/least-loaded.js'
import { planByDominantResource } from './dominant-resource.js'
import { planByMinCostFlow } from './min-cost-flow.js'
import { newProfile, type Profile } from './profile.js'

/** All of them keep the filters of the default profile: none places a pod where it may not go. */
const named = (schedulerName: string): Profile => newProfile({ schedulerName })

const mostAllocated = {
  name: 'NodeResourcesFit',
  args: { scoringStrategy: { type: 'MostAllocated', resources: [{ name: 'cpu' }, { name: 'memory' }] } },
}

export const newStrategies = (): Profile[] => [
  // Real load counts more than all preferences together.
  { ...named('least-loaded'), scorers: [{ plugin: leastLoaded, weight: 1 }], percentageOfNodesToScore: 100 },
  { ...named('round-robin'), scorers: [], firstFit: 'next' },
  {
    ...newProfile({
      schedulerName: 'bin-packing',
      pluginConfig: [mostAllocated],
      plugins: {
        score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit' }] },
      },
    }),
    percentageOfNodesToScore: 100,
  },
  { ...named('dominant-resource'), scorers: [], firstFit: 'first', batch: planByDominantResource },
  { ...named('min-cost-flow'), batch: planByMinCostFlow },
]
