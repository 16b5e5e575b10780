/** Signs and checks the JWTs of service accounts: ES256, bound to a pod, secret or node where asked. */
import { createHash, createPublicKey } from 'node:crypto'
import type { CryptoKey, JWK, JWTPayload } from 'jose'
import { readToken } from './json-web-token.js'
import { InvalidToken } from './token-authenticator.js'

export interface BoundObject {
  name: string
  uid: string
}

/** The private claims under `kubernetes.io`. */
export interface KubernetesClaims {
  namespace: string
  serviceaccount: BoundObject
  pod?: BoundObject
  secret?: BoundObject
  node?: BoundObject
  /** Seconds since the epoch; a token of a pod is renewed from then on though it still works. */
  warnafter?: number
}

export interface TokenClaims extends JWTPayload {
  'kubernetes.io': KubernetesClaims
}

export interface TokenKeys {
  /** PEM, PKCS #8. */
  signingKey: string
  /** PEM, SPKI. */
  publicKey: string
}

const algorithm = 'ES256'

/** Upstream's key id: SHA-256 of the DER form, base64url. */
export function keyId(publicKey: string): string {
  const der = createPublicKey(publicKey).export({ type: 'spki', format: 'der' })
  return createHash('sha256').update(der).digest('base64url')
}

export interface TokenSigner {
  sign(claims: JWTPayload): Promise<string>
  /** The claims of a token that we signed, whatever its times say. Throws InvalidToken. */
  verify<T extends JWTPayload>(token: string): Promise<T>
  /** The public key as a JSON Web Key Set. */
  jwks(): Promise<{ keys: JWK[] }>
}

interface Loaded {
  jose: typeof import('jose')
  signingKey: CryptoKey
  publicKey: CryptoKey
  kid: string
}

/** The JWT library and the keys are loaded at the first use: a start without tokens does not pay for them. */
export function newTokenSigner(keys: TokenKeys): TokenSigner {
  const load = async (): Promise<Loaded> => {
    const jose = await import('jose')
    const [signingKey, publicKey] = await Promise.all([
      jose.importPKCS8(keys.signingKey, algorithm),
      jose.importSPKI(keys.publicKey, algorithm, { extractable: true }),
    ])
    return { jose, signingKey, publicKey, kid: keyId(keys.publicKey) }
  }
  let loading: Promise<Loaded>
  const loaded = () => (loading ??= load())

  return {
    async sign(claims) {
      const { jose, signingKey, kid } = await loaded()
      return new jose.SignJWT(claims).setProtectedHeader({ alg: algorithm, kid }).sign(signingKey)
    },
    async verify<T extends JWTPayload>(token: string) {
      const { jose, publicKey, kid } = await loaded()
      const named = readToken(token)?.header.kid
      if (named && named !== kid) throw new InvalidToken('invalid signature, no keys found')
      try {
        const { payload } = await jose.compactVerify(token, publicKey, { algorithms: [algorithm] })
        return JSON.parse(Buffer.from(payload).toString()) as T
      } catch {
        throw new InvalidToken('go-jose/go-jose: error in cryptographic primitive')
      }
    },
    async jwks() {
      const { jose, publicKey, kid } = await loaded()
      const { kty, crv, x, y } = await jose.exportJWK(publicKey)
      return { keys: [{ use: 'sig', kty, kid, crv, alg: algorithm, x, y }] }
    },
  }
}
