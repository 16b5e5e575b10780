/** What the authorizer is asked about an HTTP request. */
import type { Exchange } from '../http/exchange.js'
import type { Attributes } from './attributes.js'

export function attributesOf({ info, user, query }: Exchange): Attributes {
  const { isResource, verb, group, version, resource, subresource, namespace, name, path } = info
  const attributes: Attributes = {
    user,
    isResource,
    verb,
    group,
    version,
    resource,
    subresource,
    namespace,
    name,
    path,
  }
  if (isResource && (verb === 'list' || verb === 'watch' || verb === 'deletecollection')) {
    const fieldSelector = query?.get('fieldSelector')
    if (fieldSelector) attributes.fieldSelector = fieldSelector
  }
  return attributes
}
