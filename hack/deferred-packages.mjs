/**
 * An esbuild plugin: packages that dockerode loads at once but needs only for SSH hosts and image builds are loaded at their first use.
 * They take two thirds of its loading time.
 */
const deferred = ['ssh2', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs']

/** A module whose members stand for those of the package until one of them is called, constructed or looked into. */
const standIn = name => `
const load = () => require(${JSON.stringify(`${name}`)})
module.exports = new Proxy({}, {
  get: (_, member) =>
    new Proxy(function () {}, {
      apply: (_target, _self, args) => load()[member](...args),
      construct: (_target, args) => new (load()[member])(...args),
      get: (_target, key) => load()[member][key],
    }),
})
`

export const deferredPackages = {
  name: 'deferred-packages',
  setup(build) {
    const filter = new RegExp(`^(?:${deferred.join('|')})$`)
    build.onResolve({ filter }, ({ path, namespace, importer }) => {
      if (namespace === 'deferred') return { path, external: true }
      return /node_modules\/(?:dockerode|docker-modem)\//.test(importer) ? { path, namespace: 'deferred' } : undefined
    })
    build.onLoad({ filter: /./, namespace: 'deferred' }, ({ path }) => ({ contents: standIn(path), loader: 'js' }))
  },
}
