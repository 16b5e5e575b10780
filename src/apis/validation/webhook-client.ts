/** How the server reaches a webhook: upstream's checks of its URL or of its service. */
import { type FieldError, invalid, required } from '../../machinery/field-error.js'
import { isValidPortNumber } from '../../machinery/name-rules.js'
import { isDns1123Subdomain } from '../../machinery/names.js'
import { type GoUrl, parseGoUrl } from './go-url.js'

const form = '; desired format: https://host[/path]'

/** Only https, and nothing but host and path. */
export function* validateWebhookUrl(text: string, path: string): Generator<FieldError> {
  let url: GoUrl
  try {
    url = parseGoUrl(text)
  } catch (error) {
    yield required(path, `url must be a valid URL: ${(error as Error).message}${form}`)
    return
  }
  const { scheme, host, user, fragment, query } = url
  if (scheme !== 'https') yield invalid(path, scheme, `'https' is the only allowed URL scheme${form}`)
  if (!host) yield invalid(path, host, `host must be specified${form}`)
  if (user !== undefined) yield invalid(path, user, 'user information is not permitted in the URL')
  if (fragment) yield invalid(path, fragment, 'fragments are not permitted in the URL')
  if (query) yield invalid(path, query, 'query parameters are not permitted in the URL')
}

export interface WebhookService {
  name: string
  namespace: string
  path?: string
  port?: number
}

export function* validateWebhookService(service: WebhookService, path: string): Generator<FieldError> {
  const { name, namespace, port = 0 } = service
  // Upstream calls its check with name and namespace the wrong way round: an empty one is told of as the other.
  if (!namespace) yield required(`${path}.name`)
  if (!name) yield required(`${path}.namespace`)
  const portErrors = isValidPortNumber(port)
  if (portErrors.length) yield invalid(`${path}.port`, port, `port is not valid: ${portErrors.join(', ')}`)
  if (service.path) yield* validateUrlPath(service.path, `${path}.path`)
}

function* validateUrlPath(urlPath: string, path: string): Generator<FieldError> {
  if (urlPath === '/') return
  if (urlPath === '//') {
    yield invalid(path, urlPath, 'segment[0] may not be empty')
    return
  }
  if (!urlPath.startsWith('/')) yield invalid(path, urlPath, "must start with a '/'")
  const steps = urlPath.slice(1).replace(/\/$/, '').split('/')
  for (const [i, step] of steps.entries()) {
    if (!step) yield invalid(path, urlPath, `segment[${i}] may not be empty`)
    else for (const message of isDns1123Subdomain(step)) yield invalid(path, urlPath, `segment[${i}]: ${message}`)
  }
}
