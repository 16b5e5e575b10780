/** The object of the benchmarks: a pod of about 1.5 KB as sent, 4 KB as stored. */

/** Serialized pod `n`; no scheduler looks at it. */
export function benchPod(n: number, name = `pod-${n}`): string {
  const env = Array.from({ length: 12 }, (_, i) => ({ name: `SETTING_${i}`, value: `value number ${i} of pod ${n}` }))
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      labels: { app: 'bench', tier: `t${n % 50}`, 'app.kubernetes.io/part-of': 'bench' },
      annotations: { note: 'x'.repeat(200) },
    },
    spec: {
      schedulerName: 'nobody',
      containers: [
        {
          name: 'main',
          image: 'registry.example/app:1.2.3',
          args: ['--listen=:8080', '--log-level=info'],
          env,
          ports: [{ name: 'http', containerPort: 8080 }],
          resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          readinessProbe: { httpGet: { path: '/ready', port: 'http' } },
        },
      ],
    },
  })
}
