/** A CustomResourceDefinition's life as its author sees it: installed, explained, used, and gone with all that was made of it. */
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { TestCluster } from './harness/cluster.js'
import { eventually } from './harness/run.js'

const cluster = new TestCluster({ runtime: 'sim' })
beforeAll(async () => {
  await cluster.start()
})
afterAll(() => cluster[Symbol.asyncDispose]())

const definition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: boats.harbour.example.com
spec:
  group: harbour.example.com
  scope: Namespaced
  names: { plural: boats, kind: Boat, shortNames: [bt] }
  versions:
    - name: v1
      served: true
      storage: true
      subresources:
        status: {}
        scale: { specReplicasPath: .spec.crew, statusReplicasPath: .status.crew }
      additionalPrinterColumns:
        - { name: Colour, type: string, jsonPath: .spec.colour }
        - { name: Crew, type: integer, jsonPath: .spec.crew }
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              description: What the boat should be.
              required: [colour]
              properties:
                colour: { type: string, enum: [red, blue], description: Paint of the hull. }
                crew: { type: integer, minimum: 0, default: 2 }
            status: { type: object, properties: { crew: { type: integer } } }
`
const boat = (name: string, spec: string) =>
  `apiVersion: harbour.example.com/v1\nkind: Boat\nmetadata: {name: ${name}}\nspec: ${spec}\n`

test('a definition is installed, its objects are validated, printed, scaled and kept over a restart', async () => {
  await cluster.apply(definition)
  await cluster.kubectl('wait', '--for=condition=Established', 'crd/boats.harbour.example.com', '--timeout=30s')
  expect(await cluster.kubectl('explain', 'boats.spec.colour')).toContain('Paint of the hull.')
  await cluster.apply(boat('vega', '{colour: red}'))
  const table = await cluster.kubectl('get', 'bt')
  expect(table.split('\n').map(line => line.split(/\s+/).slice(0, 3))).toEqual([
    ['NAME', 'COLOUR', 'CREW'],
    ['vega', 'red', '2'],
    [''],
  ])
  await expect(cluster.apply(boat('grey', '{colour: grey}'))).rejects.toThrow(
    'spec.colour: Unsupported value: "grey": supported values: "red", "blue"',
  )
  await expect(cluster.apply(boat('odd', '{colour: red, sails: 3}'))).rejects.toThrow('unknown field "spec.sails"')
  await cluster.kubectl('scale', 'boat/vega', '--replicas=5')
  expect(await cluster.kubectl('get', 'boat/vega', '-o', 'jsonpath={.spec.crew}')).toBe('5')
  await cluster.stop('SIGKILL')
  await cluster.start()
  expect(await cluster.kubectl('get', 'boats', '-o', 'name')).toBe('boat.harbour.example.com/vega\n')
})

test('what belongs to a custom resource, or to its namespace, goes with it', async () => {
  const uid = await cluster.kubectl('get', 'boat/vega', '-o', 'jsonpath={.metadata.uid}')
  const owner = `{apiVersion: harbour.example.com/v1, kind: Boat, name: vega, uid: ${uid}}`
  await cluster.apply(`apiVersion: v1\nkind: ConfigMap\nmetadata: {name: log, ownerReferences: [${owner}]}\n`)
  await cluster.kubectl('delete', 'boat/vega')
  await eventually('the log is collected', async () => {
    const { code } = await cluster.tryKubectl(['get', 'configmap/log'])
    return code !== 0
  })
  await cluster.kubectl('create', 'namespace', 'sea')
  await cluster.apply(boat('orion, namespace: sea', '{colour: blue}'))
  await cluster.kubectl('delete', 'namespace', 'sea', '--timeout=60s')
  expect(await cluster.kubectl('get', 'boats', '-A', '-o', 'name')).toBe('')
})

test('a definition that is deleted takes its objects along', async () => {
  await cluster.apply(boat('lyra', '{colour: blue}'))
  await cluster.kubectl('delete', 'crd/boats.harbour.example.com', '--timeout=60s')
  const { code, stderr } = await cluster.tryKubectl(['get', '--raw', '/apis/harbour.example.com'])
  expect(code).not.toBe(0)
  expect(stderr).toContain('NotFound')
})
