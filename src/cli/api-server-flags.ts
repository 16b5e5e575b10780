/** Flags of the API server's authentication, admission, audit log, encryption at rest and way to etcd, by kube-apiserver's names. */

/** A row as in flags.ts; all of these take a value. */
interface ApiServerFlag {
  value: string
  help: string
  default?: string
}

export const apiServerFlags = {
  'anonymous-auth': {
    value: 'true|false',
    help: 'let requests without credentials in as system:anonymous',
    default: 'true',
  },
  'enable-bootstrap-token-auth': {
    value: 'true|false',
    help: 'accept bootstrap tokens, Secrets of kube-system',
    default: 'true',
  },
  'token-auth-file': { value: 'FILE', help: 'static tokens: lines of token,user,uid,"group1,group2"' },
  'oidc-issuer-url': { value: 'URL', help: 'OpenID provider whose ID tokens are accepted (https)' },
  'oidc-client-id': { value: 'ID', help: 'audience that ID tokens must be for' },
  'oidc-username-claim': { value: 'CLAIM', help: 'claim that is the user name', default: 'sub' },
  'oidc-username-prefix': {
    value: 'TEXT',
    help: "put before user names; '-' for none, by default the issuer and '#', but nothing before addresses",
  },
  'oidc-groups-claim': { value: 'CLAIM', help: 'claim that holds the groups' },
  'oidc-groups-prefix': { value: 'TEXT', help: 'put before groups' },
  'oidc-signing-algs': { value: 'LIST', help: 'how ID tokens may be signed', default: 'RS256' },
  'oidc-required-claim': { value: 'LIST', help: 'claims that ID tokens must have: key=value, separated by commas' },
  'oidc-ca-file': { value: 'FILE', help: "who signed the provider's certificate; by default the usual authorities" },
  'requestheader-client-ca-file': {
    value: 'FILE',
    help: 'who signs the client certificates of proxies that name users in headers',
  },
  'requestheader-allowed-names': { value: 'LIST', help: 'common names such proxies may have; by default any' },
  'requestheader-username-headers': { value: 'LIST', help: 'headers that hold the user', default: 'X-Remote-User' },
  'requestheader-uid-headers': { value: 'LIST', help: "headers that hold the user's id" },
  'requestheader-group-headers': { value: 'LIST', help: 'headers that hold groups', default: 'X-Remote-Group' },
  'requestheader-extra-headers-prefix': {
    value: 'LIST',
    help: 'how headers of extra attributes begin',
    default: 'X-Remote-Extra-',
  },
  'proxy-client-cert-file': {
    value: 'FILE',
    help: "certificate that is shown to extension API servers; by default one of the cluster's own",
  },
  'proxy-client-key-file': { value: 'FILE', help: 'the key of that certificate' },
  'admission-control-config-file': {
    value: 'FILE',
    help: 'an AdmissionConfiguration (YAML or JSON): what PodSecurity enforces by default and whom it spares',
  },
  'audit-policy-file': {
    value: 'FILE',
    help: 'an audit Policy (audit.k8s.io/v1): what of which requests goes to the audit log',
  },
  'audit-log-path': {
    value: 'FILE',
    help: 'where the audit log is appended to, a line of JSON an event; - is standard output',
  },
  'audit-log-maxsize': {
    value: 'N',
    help: 'megabytes after which the log is put aside and begun anew; 0 is 100',
    default: '0',
  },
  'audit-log-maxbackup': { value: 'N', help: 'logs put aside that are kept; 0 is all', default: '0' },
  'audit-log-maxage': { value: 'DAYS', help: 'how old such logs may become; 0 is as old as they like', default: '0' },
  'encryption-provider-config': {
    value: 'FILE',
    help: 'an EncryptionConfiguration (apiserver.config.k8s.io/v1): which resources are encrypted at rest, by which keys',
  },
  'encryption-provider-config-automatic-reload': {
    value: 'true|false',
    help: 'look every minute whether that file has changed',
    default: 'false',
  },
  'etcd-cafile': {
    value: 'FILE',
    help: 'who signed the certificates of etcd; with it, or the next two, etcd is spoken to by TLS',
  },
  'etcd-certfile': { value: 'FILE', help: 'certificate that is shown to etcd' },
  'etcd-keyfile': { value: 'FILE', help: 'the key of that certificate' },
  'etcd-compaction-interval': {
    value: 'DURATION',
    help: 'how long the history is kept from which watches resume, on etcd and on the built-in store; 0 is for ever',
    default: '5m',
  },
} as const satisfies Record<string, ApiServerFlag>

export type ApiServerFlagName = keyof typeof apiServerFlags

/** As given, unread. */
export type ApiServerFlags = { [K in ApiServerFlagName]?: string }
