/** From the flags of the API server to what it is configured with: reads the files, checks what belongs together. */
import type { Auditor } from '../apiserver/audit/auditor.js'
import type { AuthenticationConfig, OidcConfig, RequestHeaderConfig } from '../apiserver/authn/configuration.js'
import { parseTokenFile, TokenFileError } from '../apiserver/authn/token-file.js'
import type { AdmissionConfig } from '../apiserver/deps.js'
import type { KeyPair } from '../machinery/pki/certificates.js'
import { readAdmissionConfig } from './admission-config.js'
import type { ApiServerFlagName, ApiServerFlags } from './api-server-flags.js'
import { readAuditConfig } from './audit-config.js'
import { UsageError } from './flags.js'
import { readFlagFile } from './read-flag-file.js'

/** Those of RS, ES and PS: what upstream knows. */
const signingAlgorithms = ['RS', 'ES', 'PS'].flatMap(family => [256, 384, 512].map(size => `${family}${size}`))

const readGiven = (flags: ApiServerFlags, name: ApiServerFlagName) => readFlagFile(name, flags[name])

const list = (text: string | undefined): string[] | undefined =>
  text
    ?.split(',')
    .map(item => item.trim())
    .filter(Boolean)

function choice(flags: ApiServerFlags, name: ApiServerFlagName): boolean | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  if (text !== 'true' && text !== 'false') throw new UsageError(`--${name} must be true or false, not "${text}"`)
  return text === 'true'
}

async function readTokens(flags: ApiServerFlags): Promise<AuthenticationConfig['tokens']> {
  const text = await readGiven(flags, 'token-auth-file')
  if (text === undefined) return undefined
  try {
    return parseTokenFile(text)
  } catch (error) {
    if (error instanceof TokenFileError)
      throw new UsageError(`token file '${flags['token-auth-file']}' ${error.message}`)
    throw error
  }
}

function requiredClaims(text: string | undefined): Record<string, string> | undefined {
  const pairs = list(text)?.map(pair => {
    const equals = pair.indexOf('=')
    if (equals < 1) throw new UsageError(`--oidc-required-claim must be key=value, not "${pair}"`)
    return [pair.slice(0, equals), pair.slice(equals + 1)] as const
  })
  return pairs && Object.fromEntries(pairs)
}

async function readOidc(flags: ApiServerFlags): Promise<OidcConfig | undefined> {
  const given = Object.keys(flags).filter(name => name.startsWith('oidc-'))
  if (!given.length) return undefined
  const { 'oidc-issuer-url': issuerUrl, 'oidc-client-id': clientId } = flags
  if (!issuerUrl || !clientId)
    throw new UsageError('oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set')
  if (!issuerUrl.startsWith('https://') || !URL.canParse(issuerUrl))
    throw new UsageError(`--oidc-issuer-url must be a URL of https, not "${issuerUrl}"`)
  const signingAlgs = list(flags['oidc-signing-algs'])
  for (const alg of signingAlgs ?? [])
    if (!signingAlgorithms.includes(alg)) throw new UsageError(`oidc: unsupported signing alg: "${alg}"`)
  return {
    issuerUrl,
    clientId,
    usernameClaim: flags['oidc-username-claim'],
    usernamePrefix: flags['oidc-username-prefix'],
    groupsClaim: flags['oidc-groups-claim'],
    groupsPrefix: flags['oidc-groups-prefix'],
    signingAlgs,
    requiredClaims: requiredClaims(flags['oidc-required-claim']),
    ca: await readGiven(flags, 'oidc-ca-file'),
  }
}

async function readRequestHeader(flags: ApiServerFlags): Promise<RequestHeaderConfig | undefined> {
  const clientCa = await readGiven(flags, 'requestheader-client-ca-file')
  if (clientCa === undefined) return undefined
  return {
    clientCa,
    allowedNames: list(flags['requestheader-allowed-names']) ?? [],
    usernameHeaders: list(flags['requestheader-username-headers']) ?? ['X-Remote-User'],
    uidHeaders: list(flags['requestheader-uid-headers']) ?? [],
    groupHeaders: list(flags['requestheader-group-headers']) ?? ['X-Remote-Group'],
    extraHeaderPrefixes: list(flags['requestheader-extra-headers-prefix']) ?? ['X-Remote-Extra-'],
  }
}

async function readProxyClient(flags: ApiServerFlags): Promise<KeyPair | undefined> {
  const [certificate, key] = await Promise.all([
    readGiven(flags, 'proxy-client-cert-file'),
    readGiven(flags, 'proxy-client-key-file'),
  ])
  if (certificate === undefined && key === undefined) return undefined
  if (certificate === undefined || key === undefined)
    throw new UsageError('--proxy-client-cert-file and --proxy-client-key-file must be given together')
  return { certificate, key }
}

export interface GivenApiServerConfig {
  authentication: AuthenticationConfig
  admission: AdmissionConfig
  /** What the aggregator shows extension servers. */
  proxyClient?: KeyPair
  audit?: Auditor
}

/** Throws UsageError with a sentence that says what to change. */
export async function readApiServerConfig(flags: ApiServerFlags): Promise<GivenApiServerConfig> {
  const admissionText = await readGiven(flags, 'admission-control-config-file')
  const authentication = {
    anonymous: choice(flags, 'anonymous-auth'),
    bootstrapTokens: choice(flags, 'enable-bootstrap-token-auth'),
    tokens: await readTokens(flags),
    oidc: await readOidc(flags),
    requestHeader: await readRequestHeader(flags),
  }
  const path = flags['admission-control-config-file'] ?? ''
  const proxyClient = await readProxyClient(flags)
  const audit = await readAuditConfig(flags)
  return {
    authentication,
    ...(proxyClient && { proxyClient }),
    ...(audit && { audit }),
    admission: admissionText === undefined ? {} : await readAdmissionConfig(admissionText, path),
  }
}
