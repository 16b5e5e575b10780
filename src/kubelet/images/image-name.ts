/** Image references as users write them: parsing, and the tag that is meant when none is given. Pure. */

const domain =
  '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*'
const host = `(?:${domain}|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?`
const component = '[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*'
const reference = new RegExp(
  `^((?:${host}/)?${component}(?:/${component})*)(?::([\\w][\\w.-]{0,127}))?(?:@([A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}))?$`,
)
const identifier = /^[a-f0-9]{64}$/
const longestName = 255

export interface ImageName {
  /** With the tag that is meant. */
  full: string
  /** Registry host, as credentials are stored by. */
  registry: string
  /** Without tag and digest. */
  repository: string
}

/** distribution's reason why a text is no reference. */
function complaint(image: string): string {
  if (identifier.test(image))
    return `couldn't parse image name "${image}": invalid repository name (${image}), cannot specify 64-byte hexadecimal strings`
  if (reference.test(image.toLowerCase()))
    return `couldn't parse image name "${image}": invalid reference format: repository name (${image.split(/[:@]/)[0]}) must be lowercase`
  return `couldn't parse image name "${image}": invalid reference format`
}

/** The first part is a registry's host when it looks like one; all else is on Docker Hub. */
function registryOf(repository: string): string {
  const [first = '', ...rest] = repository.split('/')
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : 'docker.io'
}

/** Throws with upstream's words where the text is no image reference. */
export function parseImageName(image: string): ImageName {
  const match = reference.exec(image)
  if (!match || identifier.test(image)) throw new Error(complaint(image))
  const [, repository = '', tag, digest] = match
  if (repository.length > longestName)
    throw new Error(
      `couldn't parse image name "${image}": repository name must not be more than ${longestName} characters`,
    )
  const full = tag || digest ? image : `${image}:latest`
  return { full, registry: registryOf(repository), repository }
}

/** `nginx` and `docker.io/library/nginx:latest` are the same. Other texts, such as ids, stay as they are. */
export function canonicalName(image: string): string {
  try {
    const { full, registry, repository } = parseImageName(image)
    if (registry !== 'docker.io' || repository.startsWith('docker.io/library/')) return full
    const [first = '', ...rest] = repository.split('/')
    const path = first === 'docker.io' ? rest.join('/') : repository
    return `docker.io/${path.includes('/') ? path : `library/${path}`}${full.slice(repository.length)}`
  } catch {
    return image
  }
}
