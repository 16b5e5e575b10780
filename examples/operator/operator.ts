/**
 * An operator: a Website becomes a ConfigMap with its pages, a Deployment of a web server, and a Service.
 *
 *   kubectl apply -f examples/operator/website.yaml
 *   npx esbuild examples/operator/operator.ts --format=esm --outfile=examples/operator/operator.mjs
 *   KUBECONFIG=hack/kubeconfig node examples/operator/operator.mjs
 *   kubectl apply -f examples/operator/hello.yaml
 */
import { createHash } from 'node:crypto'
import {
  type Client,
  controllerRef,
  defineController,
  defineResource,
  done,
  type KubernetesObject,
  kinds,
  startOperator,
  updateStatus,
  withCondition,
} from 'minik8s/controller-runtime'

interface Website extends KubernetesObject {
  spec: { pages: Record<string, string>; replicas: number }
  status?: {
    observedGeneration?: number
    replicas?: number
    conditions?: { type: string; status: string; reason: string; message: string; lastTransitionTime: string }[]
  }
}

const website = defineResource<Website>({ group: 'example.com', version: 'v1', kind: 'Website', plural: 'websites' })

/** What a Website is made of. A checksum of the pages in the pods' template replaces the pods when a page changes. */
function childrenOf(site: Website) {
  const { name, namespace } = site.metadata
  const labels = { 'app.kubernetes.io/name': 'website', 'app.kubernetes.io/instance': name }
  const metadata = { name, namespace, labels, ownerReferences: [controllerRef(website, site)] }
  const checksum = createHash('sha256').update(JSON.stringify(site.spec.pages)).digest('hex')
  const container = {
    name: 'web',
    image: 'nginx',
    ports: [{ name: 'http', containerPort: 80 }],
    readinessProbe: { httpGet: { path: '/', port: 'http' } },
    volumeMounts: [{ name: 'pages', mountPath: '/usr/share/nginx/html' }],
  }
  const template = {
    metadata: { labels, annotations: { 'example.com/pages': checksum } },
    spec: { containers: [container], volumes: [{ name: 'pages', configMap: { name } }] },
  }
  const { replicas, pages: data } = site.spec
  return [
    [kinds.configMap, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data }],
    [
      kinds.deployment,
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata,
        spec: { replicas, selector: { matchLabels: labels }, template },
      },
    ],
    [
      kinds.service,
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { selector: labels, ports: [{ port: 80, targetPort: 'http' }] },
      },
    ],
  ] as const
}

/** Server-side apply: our fields are as we want them, those of others stay. */
async function applyChildren(client: Client, site: Website) {
  const options = { fieldManager: 'website-operator', force: true }
  for (const [kind, body] of childrenOf(site)) {
    const { name = '', namespace } = body.metadata
    await client.patch<KubernetesObject>(
      kind,
      { name, namespace },
      { type: 'application/apply-patch+yaml', body },
      options,
    )
  }
}

export const websites = defineController<Website>({
  name: 'website',
  for: website,
  owns: [kinds.configMap, kinds.deployment, kinds.service],

  async reconcile(site, { client, cache, recorder, clock }) {
    // What is on its way out goes with its owner: the garbage collector sees to it.
    if (site.metadata.deletionTimestamp) return done
    const [before] = cache.ownedBy(site, kinds.deployment)
    await applyChildren(client, site)
    if (!before)
      recorder.event(site, 'Normal', 'Created', `Made a web server for ${Object.keys(site.spec.pages).length} pages`)

    const [deployment] = cache.ownedBy(site, kinds.deployment)
    const ready = deployment?.status?.readyReplicas ?? 0
    const isReady = ready >= site.spec.replicas
    await updateStatus(client, website, site, {
      observedGeneration: site.metadata.generation,
      replicas: deployment?.status?.replicas ?? 0,
      conditions: withCondition(site.status?.conditions, {
        type: 'Ready',
        status: isReady ? 'True' : 'False',
        reason: isReady ? 'Serving' : 'Starting',
        message: isReady ? 'All servers are ready' : 'Servers are starting',
        lastTransitionTime: new Date(clock.now()).toISOString().replace(/\.\d+/, ''),
      }),
    })
    return done
  },
})

const operator = await startOperator({
  controllers: [websites],
  leaderElection: { namespace: 'default', name: 'website-operator' },
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => operator.stop())
await operator.ended
