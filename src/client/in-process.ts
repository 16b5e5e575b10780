/** A Client that calls the API server's handler directly: same semantics as HTTPS, no serialization, no socket. */
import { cloneJson } from '../machinery/clone.js'
import type { KindRef } from '../machinery/kind.js'
import type { AnyObject, KubernetesObject, ObjectKey, ObjectList } from '../machinery/object-meta.js'
import type { ApiHandler, ApiRequest, ApiResponse, UserInfo, WatchEvent } from '../machinery/request.js'
import type { JsonSchema } from '../machinery/structural/json-schema.js'
import type { Client, GetOptions } from './client.js'
import { deleteOptionsOf, listOptionsOf, writeOptionsOf } from './request-options.js'

/** A resource with the verbs it is served with; in this process also with the schema that a custom one has. */
export type ServedResource = KindRef & { verbs: readonly string[]; custom?: { schema: JsonSchema } }

type Parts = Omit<ApiRequest, 'group' | 'version' | 'resource' | 'user'>

const addressOf = (key: ObjectKey) => ({ name: key.name, ...(key.namespace && { namespace: key.namespace }) })

function objectOf<T>(response: ApiResponse): T {
  if (!('object' in response)) throw new Error('the API handler answered a list or a watch where an object was due')
  return response.object as T
}

/**
 * `handler` sees every request as made by `user`. `discover` lists what is served; without it `resources()` is empty.
 * Bodies are copied before the handler gets them, so callers may go on using what they passed.
 */
export function newInProcessClient(
  handler: ApiHandler,
  user: UserInfo,
  discover: () => readonly ServedResource[] | Promise<readonly ServedResource[]> = () => [],
): Client {
  const send = (kind: KindRef, parts: Parts) =>
    handler({ group: kind.group, version: kind.version, resource: kind.names.plural, user, ...parts })

  const write = async <T>(kind: KindRef, parts: Parts) =>
    objectOf<T>(await send(kind, { ...parts, body: cloneJson(parts.body) }))

  const updatePart = <T extends KubernetesObject>(kind: KindRef<T>, object: T, extra: Partial<Parts>) =>
    write<T>(kind, { verb: 'update', ...addressOf(object.metadata as ObjectKey), body: object, ...extra })

  return {
    get: async <T extends KubernetesObject>(kind: KindRef<T>, key: ObjectKey, { subresource }: GetOptions = {}) =>
      objectOf<T>(await send(kind, { verb: 'get', ...addressOf(key), ...(subresource && { subresource }) })),

    async list<T extends KubernetesObject>(kind: KindRef<T>, options = {}) {
      const response = await send(kind, { verb: 'list', ...listOptionsOf(options) })
      if (!('list' in response)) throw new Error('the API handler did not answer a list')
      return response.list as ObjectList<AnyObject> as ObjectList<T & AnyObject>
    },

    async watch<T extends KubernetesObject>(kind: KindRef<T>, options: object, signal: AbortSignal) {
      const response = await send(kind, { verb: 'watch', ...listOptionsOf(options), signal })
      if (!('events' in response)) throw new Error('the API handler did not answer a watch')
      return response.events as AsyncIterable<WatchEvent<T & AnyObject>>
    },

    create: (kind, object, options) =>
      write(kind, {
        verb: 'create',
        ...(object.metadata.namespace && { namespace: object.metadata.namespace }),
        body: object,
        ...writeOptionsOf(options),
      }),

    createSubresource: (kind, key, subresource, body) =>
      write(kind, { verb: 'create', ...addressOf(key), subresource, body }),

    update: (kind, object, options) => updatePart(kind, object, writeOptionsOf(options)),
    updateStatus: (kind, object) => updatePart(kind, object, { subresource: 'status' }),
    updateSubresource: (kind, object, subresource) => updatePart(kind, object, { subresource }),

    patch: (kind, key, patch, { subresource, ...options } = {}) =>
      write(kind, {
        verb: 'patch',
        ...addressOf(key),
        ...(subresource && { subresource }),
        patchType: patch.type,
        body: patch.body,
        ...writeOptionsOf(options),
      }),

    async delete(kind, key, options) {
      await send(kind, { verb: 'delete', ...addressOf(key), ...(options && { delete: options }) })
    },

    async deleteCollection(kind, options = {}) {
      const { list, namespace } = listOptionsOf(options)
      await send(kind, {
        verb: 'deletecollection',
        ...(namespace && { namespace }),
        list,
        delete: deleteOptionsOf(options),
      })
    },

    resources: async () => discover(),

    async customSchema({ group, version, kind }) {
      const served = await discover()
      return served.find(k => k.custom && k.group === group && k.version === version && k.kind === kind)?.custom?.schema
    },
  }
}
