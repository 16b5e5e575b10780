/** Puts the parts of the server together: who decides, who answers, what it all knows. No sockets yet. */
import type { ApiHandler } from '../machinery/request.js'
import { newAdmission } from './admission/admission.js'
import { defaultPlugins } from './admission/plugins.js'
import { type Authenticate, newRequestAuthenticator } from './authn/request-authenticator.js'
import { newTokenSigner, type TokenSigner } from './authn/service-account-token.js'
import { newTokenAuthenticator } from './authn/token-authenticator.js'
import { newTokenIssuer } from './authn/token-request.js'
import { type Authorize, privilegedGroup, unionAuthorizer } from './authz/authorizer.js'
import { newNodeAuthorizer } from './authz/node.js'
import { newRbacAuthorizer } from './authz/rbac.js'
import { RuleResolver } from './authz/rule-resolver.js'
import type { ApiServerConfig, ApiServerDeps } from './deps.js'
import { type Catalog, newCatalog } from './discovery/catalog.js'
import { newInProcessHandler } from './in-process-handler.js'
import { newVerbs, type Verbs } from './verbs/verbs.js'

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local'

export interface Components {
  resolver: RuleResolver
  authorize: Authorize
  authenticate: Authenticate
  signer: TokenSigner
  issuer: string
  verbs: Verbs
  handler: ApiHandler
  catalog: Catalog
}

type ComponentsConfig = Pick<ApiServerConfig, 'serviceAccount' | 'admission'>

export function newComponents(
  deps: ApiServerDeps,
  { serviceAccount: config, admission: { podSecurity } = {} }: ComponentsConfig,
): Components {
  const { clock, random, rests, schemas, virtualKinds, metrics } = deps
  const issuer = config.issuer ?? defaultIssuer
  const audiences = config.audiences ?? [issuer]
  const resolver = new RuleResolver()
  const authorize = unionAuthorizer([privilegedGroup, newNodeAuthorizer(rests), newRbacAuthorizer(resolver)])
  const signer = newTokenSigner(config, issuer)
  const tokens = newTokenAuthenticator({ clock, rests }, signer, audiences)
  const verbs = newVerbs({
    clock,
    rests,
    schemas,
    virtualKinds,
    authorize,
    resolver,
    tokens,
    issueToken: newTokenIssuer({ clock, random, rests }, signer, { issuer, audiences }),
    admission: newAdmission(defaultPlugins({ clock, random, rests, resolver, authorize, metrics, podSecurity })),
  })
  return {
    resolver,
    authorize,
    authenticate: newRequestAuthenticator(clock, tokens),
    signer,
    issuer,
    verbs,
    handler: newInProcessHandler(verbs, authorize),
    catalog: newCatalog(rests, virtualKinds),
  }
}
