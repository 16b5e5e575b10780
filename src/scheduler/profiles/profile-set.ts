/** The profiles that run side by side in one scheduler, each with its own search for nodes and its own source of events. */
import type { EventRecorder } from '../../client/event-recorder.js'
import type { Random } from '../../machinery/clock.js'
import type { Cluster, Plugin } from '../framework.js'
import type { Nominator } from '../nominator.js'
import type { PodInfo } from '../pod-info.js'
import { NodeSelector } from '../select-node.js'
import type { Profile } from './profile.js'

export interface RunningProfile {
  profile: Profile
  selector: NodeSelector
  recorder: EventRecorder
}

export interface ProfileSetDeps {
  cluster: Cluster
  nominator: Nominator
  random: Random
  newRecorder(component: string): EventRecorder
}

export class ProfileSet {
  private readonly running: ReadonlyMap<string, RunningProfile>
  private readonly plugins: ReadonlyMap<string, readonly Plugin[]>

  /** Of two with the same name the first counts. */
  constructor(profiles: readonly Profile[], deps: ProfileSetDeps) {
    const byName = new Map([...profiles].reverse().map(profile => [profile.name, profile]))
    this.running = new Map(
      [...byName].map(([name, profile]) => [
        name,
        { profile, selector: new NodeSelector({ ...deps, profile }), recorder: deps.newRecorder(name) },
      ]),
    )
    this.plugins = new Map([...byName].map(([name, { filters }]) => [name, filters]))
  }

  has = (schedulerName: string): boolean => this.running.has(schedulerName)

  /** Throws for a pod of another scheduler. */
  of({ schedulerName }: Pick<PodInfo, 'schedulerName'>): RunningProfile {
    const found = this.running.get(schedulerName)
    if (!found) throw new Error(`profile not found for scheduler name ${JSON.stringify(schedulerName)}`)
    return found
  }

  filtersOf = ({ schedulerName }: PodInfo): readonly Plugin[] => this.plugins.get(schedulerName) ?? []
}
