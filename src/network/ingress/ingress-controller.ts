/** The built-in Ingress controller: follows Ingresses of its classes, tells the front door their rules, and writes where they are reached. */
import { secret as secretKind } from '../../apis/core-v1/index.js'
import type { Secret } from '../../apis/generated/core-v1.js'
import type { Ingress } from '../../apis/generated/networking-v1.js'
import { ingressClass as classKind, ingress as ingressKind } from '../../apis/networking-v1/index.js'
import type { Client } from '../../client/client.js'
import type { EventRecorder, EventType } from '../../client/event-recorder.js'
import type { InformerFactory } from '../../client/informer-factory.js'
import type { Clock } from '../../machinery/clock.js'
import type { Logger } from '../../telemetry/logger.js'
import { GatheredSync } from '../gathered-sync.js'
import type { FrontDoor, PortOf } from '../http-router/front-door.js'
import { SecretCertificates } from '../http-router/secret-certificates.js'
import { writeStatus } from '../http-router/write-status.js'
import { planCertificates } from './ingress-certificates.js'
import { isServed } from './ingress-class.js'
import { plainPort, planIngressRules, tlsPort } from './ingress-rules.js'
import { planStatus } from './ingress-status.js'

export interface IngressControllerDeps {
  client: Client
  informers: InformerFactory
  events: EventRecorder
  clock: Clock
  log: Logger
  door: FrontDoor
  /** Where the door is. */
  address: string
}

class IngressController {
  readonly #ingresses
  readonly #classes
  readonly #secrets
  readonly #certificates: SecretCertificates
  /** What was told of an Ingress last, by its uid: events are for what is new. */
  readonly #told = new Map<string, ReadonlySet<string>>()
  readonly #leave: (() => void)[]
  readonly #sync: GatheredSync

  constructor(private readonly deps: IngressControllerDeps) {
    const { informers, clock } = deps
    this.#sync = new GatheredSync(clock, () => this.#serve())
    const look = this.#sync.schedule
    this.#ingresses = informers.informer(ingressKind)
    this.#classes = informers.informer(classKind)
    this.#secrets = informers.informer(secretKind)
    this.#certificates = new SecretCertificates(key => this.#secrets.get(key))
    const lookAtPair = ({ data }: Secret) => data?.['tls.crt'] !== undefined && look()
    this.#leave = [
      this.#ingresses.addHandler({ add: look, update: look, delete: look }),
      this.#classes.addHandler({ add: look, update: look, delete: look }),
      this.#secrets.addHandler({ add: lookAtPair, update: lookAtPair, delete: lookAtPair }),
    ]
    look()
  }

  async #serve(): Promise<void> {
    const { door } = this.deps
    await Promise.all([this.#ingresses.synced, this.#classes.synced, this.#secrets.synced])
    const served = this.#ingresses.list().filter(own => isServed(own, name => this.#classes.get({ name })))
    const planned = new Map(served.map(own => [own, planCertificates(own, this.#certificates)]))
    const certificates = [...planned.values()].flatMap(own => own.certificates)
    const places = [
      { port: plainPort, isTls: false },
      { port: tlsPort, isTls: true, certificates },
    ]
    const portOf = await door.set('ingress', {
      rules: served.flatMap(planIngressRules),
      places: served.length ? places : [],
      again: this.#sync.schedule,
    })
    const uids = new Set(served.map(({ metadata }) => metadata.uid ?? ''))
    for (const uid of this.#told.keys()) if (!uids.has(uid)) this.#told.delete(uid)
    await Promise.all(served.map(own => this.#report(own, planned.get(own)?.flaws ?? [], portOf)))
  }

  async #report(own: Ingress, flaws: readonly string[], portOf: PortOf): Promise<void> {
    const { address } = this.deps
    const [plain, tls] = [portOf({ port: plainPort }), portOf({ port: tlsPort })]
    const places = [
      plain && `http://localhost${plain === plainPort ? '' : `:${plain}`}`,
      tls && `https://localhost${tls === tlsPort ? '' : `:${tls}`}`,
    ].filter(Boolean)
    this.#tell(own, [
      places.length ? ['Normal', 'Serving', `Reached at ${places.join(' and ')}`] : undefined,
      plain && tls ? undefined : ['Warning', 'PortTaken', 'A port for Ingresses is taken on this machine'],
      ...flaws.map((flaw): Told => ['Warning', 'CertificateMissing', flaw]),
    ])
    const status = planStatus(
      own,
      address,
      [plain, tls].filter(port => port !== undefined),
    )
    if (status) await writeStatus(this.deps, { kind: ingressKind, own }, { loadBalancer: { ingress: status } })
  }

  #tell(own: Ingress, all: readonly Told[]): void {
    const uid = own.metadata.uid ?? ''
    const before = this.#told.get(uid)
    const told = new Set<string>()
    for (const one of all) {
      if (!one) continue
      const [type, reason, message] = one
      told.add(message)
      if (!before?.has(message)) this.deps.events.event(own, type, reason, message)
    }
    this.#told.set(uid, told)
  }

  async stop(): Promise<void> {
    for (const leave of this.#leave) leave()
    await this.#sync.stop()
  }
}

type Told = [type: EventType, reason: string, message: string] | undefined

/** The door stays open after it: whoever opened it closes it. */
export const startIngressController = (deps: IngressControllerDeps): { stop(): Promise<void> } =>
  new IngressController(deps)
