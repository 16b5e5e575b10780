/** Names of container images, read as the distribution's reference grammar has it. */

export interface ImageName {
  /** With the registry's host: `docker.io/library/nginx`. */
  repository: string
  /** `latest` when neither tag nor digest is written. */
  tag: string
  digest: string
}

const domainLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const domain = `(?:${domainLabel}(?:\\.${domainLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const pathPart = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const digest = '[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}'
const reference = new RegExp(`^(${domain}/${pathPart}(?:/${pathPart})*)(?::(${tag}))?(?:@(${digest}))?$`)

/** The first part is a host only when it looks like one; otherwise the image lives on Docker Hub. */
function withDomain(image: string): string {
  const slash = image.indexOf('/')
  const first = image.slice(0, slash)
  const isHost = slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first !== first.toLowerCase())
  if (isHost) return image.startsWith('index.docker.io/') ? image.replace('index.docker.io/', 'docker.io/') : image
  return slash >= 0 ? `docker.io/${image}` : `docker.io/library/${image}`
}

/** Undefined when the text is no image name (upper case, a bare 64-digit id, …). */
export function parseImageName(image: string): ImageName | undefined {
  if (/^[a-f0-9]{64}$/.test(image)) return undefined
  const match = reference.exec(withDomain(image))
  if (!match || (match[1]?.length ?? 0) > 255) return undefined
  const written = match[2] ?? ''
  const digestText = match[3] ?? ''
  return { repository: match[1] ?? '', tag: written || (digestText ? '' : 'latest'), digest: digestText }
}

/** `Always` for the tag latest, else `IfNotPresent`: the default of imagePullPolicy. */
export const defaultPullPolicy = (image: string | undefined): 'Always' | 'IfNotPresent' =>
  parseImageName(image ?? '')?.tag === 'latest' ? 'Always' : 'IfNotPresent'
