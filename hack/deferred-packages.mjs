/**
 * An esbuild plugin for what packages load at once and do not need. Packages that dockerode has for SSH hosts and image builds, two
 * thirds of its loading time, are loaded at their first use; parts of prom-client that nothing here asks for are left out.
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

/** They load zlib, https, perf_hooks and cluster. */
const unused = /^\.\/lib\/(?:pushgateway|defaultMetrics|cluster)$/

export const deferredPackages = {
  name: 'deferred-packages',
  setup(build) {
    const filter = new RegExp(`^(?:${deferred.join('|')})$`)
    build.onResolve({ filter }, ({ path, namespace, importer }) => {
      if (namespace === 'deferred') return { path, external: true }
      return /node_modules\/(?:dockerode|docker-modem)\//.test(importer) ? { path, namespace: 'deferred' } : undefined
    })
    build.onResolve({ filter: unused }, ({ path, importer }) =>
      /node_modules\/prom-client\/index\.js$/.test(importer) ? { path, namespace: 'unused' } : undefined,
    )
    build.onLoad({ filter: /./, namespace: 'unused' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
    build.onLoad({ filter: /./, namespace: 'deferred' }, ({ path }) => ({ contents: standIn(path), loader: 'js' }))
  },
}
