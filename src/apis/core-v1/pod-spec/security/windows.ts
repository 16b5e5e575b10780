/** Checks of windowsOptions and of pods made of HostProcess containers. */
import { type FieldError, invalid } from '../../../../machinery/field-error.js'
import { isDns1123Subdomain } from '../../../../machinery/names.js'
import type { PodSpec, WindowsSecurityContextOptions } from '../../../generated/core-v1.js'
import { formatErrors } from '../../../validation/text.js'
import { visitContainers } from '../visit-containers.js'

const maxCredentialSpecKiB = 64
const maxDomainLength = 256
const maxUserLength = 104

const netBiosName = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?'
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`)
const forbiddenUserCharacters = /["/\\:;|=,+*?<>@[\]]/

/** Messages for `DOMAIN\user`, or `user` alone. */
function* userNameProblems(name: string): Generator<string> {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is the purpose
  if (/[\u0000-\u001f\u007f]/.test(name)) return yield 'runAsUserName cannot contain control characters'
  const parts = name.split('\\')
  if (parts.length > 2) return yield 'runAsUserName cannot contain more than one backslash'
  const user = parts.at(-1) ?? ''
  const domain = parts.length > 1 ? (parts[0] ?? '') : undefined
  if ((domain ?? '').length >= maxDomainLength)
    yield `runAsUserName's Domain length must be under ${maxDomainLength} characters`
  if (domain !== undefined && !netBiosName.test(domain) && !dnsName.test(domain))
    yield "runAsUserName's Domain doesn't match the NetBios nor the DNS format"
  if (!user) yield "runAsUserName's User cannot be empty"
  else if (user.length > maxUserLength)
    yield `runAsUserName's User length must not be longer than ${maxUserLength} characters`
  if (/^[. ]+$/.test(user)) yield "runAsUserName's User cannot contain only periods or spaces"
  if (forbiddenUserCharacters.test(user))
    yield `runAsUserName's User cannot contain the following characters: "/\\:;|=,+*?<>@[]`
}

/** A pod's or a container's. */
export function* validateWindowsOptions(options: WindowsSecurityContextOptions, path: string): Generator<FieldError> {
  const { gmsaCredentialSpecName: name, gmsaCredentialSpec: spec, runAsUserName: user } = options
  if (name !== undefined) yield* formatErrors(isDns1123Subdomain, name, `${path}.gmsaCredentialSpecName`)
  if (spec === '') yield invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string')
  else if (spec && spec.length > maxCredentialSpecKiB * 1024)
    yield invalid(
      `${path}.gmsaCredentialSpec`,
      spec,
      `gmsaCredentialSpec size must be under ${maxCredentialSpecKiB} KiB`,
    )
  if (user === '') yield invalid(`${path}.runAsUserName`, user, 'runAsUserName cannot be an empty string')
  else if (user) for (const problem of userNameProblems(user)) yield invalid(`${path}.runAsUserName`, user, problem)
}

/** Either all containers of a pod are HostProcess containers, or none is. */
export function* validateHostProcess(spec: PodSpec, path: string): Generator<FieldError> {
  const podWide = spec.securityContext?.windowsOptions?.hostProcess
  let all = 0
  let hostProcess = 0
  for (const { container, path: at } of visitContainers(spec, path)) {
    all++
    const own = container.securityContext?.windowsOptions?.hostProcess
    if (podWide !== undefined && own !== undefined && podWide !== own)
      yield invalid(
        `${at}.securityContext.windowsOptions.hostProcess`,
        own,
        `pod hostProcess value must be identical if both are specified, was ${podWide}`,
      )
    if (own ?? podWide) hostProcess++
  }
  if (!hostProcess) return
  if (hostProcess !== all)
    yield invalid(
      path,
      '',
      'If pod contains any hostProcess containers then all containers must be HostProcess containers',
    )
  if (!spec.hostNetwork)
    yield invalid(`${path}.hostNetwork`, false, 'hostNetwork must be true if pod contains any hostProcess containers')
}
