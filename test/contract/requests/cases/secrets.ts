/** Secrets as the objects of conversations: plain objects that no controller makes by itself. */
import type { Step } from '../case.js'

export const secrets = '/api/v1/namespaces/{{ns}}/secrets'

export const secret = (name: string, extra: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, ...extra },
})

/** Clears the namespace: a conversation begins with it. */
export const clear: Step = { method: 'DELETE', path: secrets, quiet: true }

/** Makes an object; its revision is kept under `rv_<name>`. */
export const make = (name: string, extra: object = {}): Step => ({
  method: 'POST',
  path: secrets,
  body: secret(name, extra),
  quiet: true,
  capture: { [`rv_${name}`]: 'metadata.resourceVersion' },
})

export const table = 'application/json;as=Table;g=meta.k8s.io;v=v1'
export const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1'
export const metadataList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'
