/** Puts the parts of the server together: who decides, who answers, what it all knows. No sockets yet. */
import type { ApiHandler } from '../machinery/request.js'
import { newAdmission } from './admission/admission.js'
import { defaultPlugins } from './admission/plugins.js'
import { Policies } from './admission/policy/policies.js'
import { type AllWebhooks, Webhooks } from './admission/webhook/webhooks.js'
import type { Aggregation } from './aggregation/aggregation.js'
import { Aggregator } from './aggregation/aggregator.js'
import { newBootstrapTokens } from './authn/bootstrap-token.js'
import { newFetchJson } from './authn/https-json.js'
import { newLegacyTokens } from './authn/legacy-token.js'
import { newFindObject } from './authn/object-lookup.js'
import { newOidcTokens } from './authn/oidc.js'
import { type Authenticate, newRequestAuthenticator } from './authn/request-authenticator.js'
import { newServiceAccountTokens } from './authn/service-account-authenticator.js'
import { newTokenSigner, type TokenSigner } from './authn/service-account-token.js'
import { newTokenAuthenticator, type TokenAuthenticator } from './authn/token-authenticator.js'
import { newTokenFile } from './authn/token-file.js'
import { newTokenIssuer } from './authn/token-request.js'
import { type Authorize, privilegedGroup, unionAuthorizer } from './authz/authorizer.js'
import { newNodeAuthorizer } from './authz/node.js'
import { newRbacAuthorizer } from './authz/rbac.js'
import { RuleResolver } from './authz/rule-resolver.js'
import type { ConversionCalls } from './custom-resources/conversion-webhook.js'
import type { ApiServerConfig, ApiServerDeps } from './deps.js'
import { type Catalog, newCatalog } from './discovery/catalog.js'
import { newAuditedHandler, newInProcessHandler } from './in-process-handler.js'
import { newAdmissionObserver } from './metrics/admission-metrics.js'
import { newTcpDial } from './proxy/dial.js'
import { newUuidSource } from './uuid.js'
import { newRedecode } from './verbs/redecode.js'
import { newVerbs, type Verbs } from './verbs/verbs.js'
import { newWebhookClient } from './webhook-client/webhook-client.js'

export const defaultIssuer = 'https://kubernetes.default.svc.cluster.local'

export interface Components {
  resolver: RuleResolver
  policies: Policies
  webhooks: AllWebhooks
  authorize: Authorize
  authenticate: Authenticate
  signer: TokenSigner
  issuer: string
  verbs: Verbs
  handler: ApiHandler
  catalog: Catalog
  aggregator: Aggregation
  conversions: ConversionCalls
}

type ComponentsConfig = Pick<ApiServerConfig, 'serviceAccount' | 'admission' | 'authentication'> &
  Partial<Pick<ApiServerConfig, 'tls'>>

/** Those who know a form of token, in upstream's order: what needs the network comes last. */
function newTokens(
  { clock, log, rests }: Pick<ApiServerDeps, 'clock' | 'log' | 'rests'>,
  signer: TokenSigner,
  { issuer, audiences, authentication = {} }: { issuer: string; audiences: readonly string[] } & ComponentsConfig,
): TokenAuthenticator {
  const { tokens, oidc, bootstrapTokens = true } = authentication
  const find = newFindObject(rests)
  const handlers = [
    ...(tokens ? [newTokenFile(tokens, audiences)] : []),
    newLegacyTokens({ clock, rests, find }, signer, audiences),
    newServiceAccountTokens({ clock, find, issuer }, signer, audiences),
    ...(bootstrapTokens ? [newBootstrapTokens(clock, find, audiences)] : []),
    ...(oidc ? [newOidcTokens({ clock, log, fetchJson: newFetchJson(oidc.ca) }, oidc, audiences)] : []),
  ]
  return newTokenAuthenticator(clock, handlers, audiences)
}

export function newComponents(deps: ApiServerDeps, components: ComponentsConfig): Components {
  const { clock, random, log, rests, schemas, virtualKinds, metrics, audit } = deps
  const { serviceAccount: config, admission: { podSecurity } = {}, authentication = {}, tls } = components
  const issuer = config.issuer ?? defaultIssuer
  const audiences = config.audiences ?? [issuer]
  const dial = deps.dial ?? newTcpDial(clock)
  const aggregator = deps.aggregator ?? new Aggregator({ rests, clock, random, log, dial })
  const resolver = new RuleResolver()
  const policies = new Policies()
  const authorize = unionAuthorizer([privilegedGroup, newNodeAuthorizer(rests), newRbacAuthorizer(resolver)])
  const webhooks: AllWebhooks = { mutating: new Webhooks(), validating: new Webhooks() }
  const callWebhook = newWebhookClient({ clock, random, rests, dial })
  const newUid = newUuidSource(random)
  const plugins = defaultPlugins({
    ...{ clock, random, log, rests, resolver, authorize, metrics, policies, webhooks },
    podSecurity,
    callWebhook,
    newUid,
    redecode: newRedecode(schemas),
  })
  const signer = newTokenSigner(config)
  const tokens = newTokens(deps, signer, { ...components, issuer, audiences })
  const verbs = newVerbs({
    clock,
    rests,
    schemas,
    virtualKinds,
    authorize,
    resolver,
    tokens,
    issueToken: newTokenIssuer({ clock, random, rests }, signer, { issuer, audiences }),
    admission: newAdmission(plugins, { clock, observer: newAdmissionObserver(metrics) }),
  })
  return {
    resolver,
    policies,
    webhooks,
    authorize,
    authenticate: newRequestAuthenticator(clock, tokens, { ...authentication, clientCa: tls?.clientCa ?? '' }),
    signer,
    issuer,
    verbs,
    handler: audit
      ? newAuditedHandler(verbs, authorize, { audit, newUuid: newUid })
      : newInProcessHandler(verbs, authorize),
    catalog: newCatalog(rests, virtualKinds, aggregator),
    aggregator,
    conversions: { call: callWebhook, newUid },
  }
}
