/** What authentication may be told: upstream's flags, already read from their files. */
import type { UserInfo } from '../../machinery/request.js'

/** `--oidc-*`. */
export interface OidcConfig {
  /** https only. */
  issuerUrl: string
  clientId: string
  /** Default: sub. */
  usernameClaim?: string
  /** `-`: none. Default: the issuer's URL and `#`, but none for the claim email. */
  usernamePrefix?: string
  groupsClaim?: string
  groupsPrefix?: string
  /** Default: RS256. */
  signingAlgs?: readonly string[]
  requiredClaims?: Readonly<Record<string, string>>
  /** PEM of who signed the issuer's certificate; default: the authorities that Node knows. */
  ca?: string
}

/** `--requestheader-*`: a proxy in front, which has authenticated its clients and says so in headers. */
export interface RequestHeaderConfig {
  /** PEM of who signs the proxy's client certificate. */
  clientCa: string
  /** Common names the proxy may have; none: any. */
  allowedNames: readonly string[]
  usernameHeaders: readonly string[]
  uidHeaders: readonly string[]
  groupHeaders: readonly string[]
  extraHeaderPrefixes: readonly string[]
}

export interface AuthenticationConfig {
  /** Of a token file, by token. */
  tokens?: ReadonlyMap<string, UserInfo>
  oidc?: OidcConfig
  requestHeader?: RequestHeaderConfig
  /** Default: true. */
  bootstrapTokens?: boolean
  /** Requests without credentials are let in as system:anonymous; default: true. */
  anonymous?: boolean
}
