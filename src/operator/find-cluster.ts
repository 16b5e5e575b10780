/** Which cluster an operator works on when nobody says: the one that it runs in as a pod, else the one that kubectl would take. */
import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { type Connection, readKubeconfig } from '../client/kubeconfig.js'
import { joinHostPort } from '../machinery/host-port.js'

const accountDirectory = '/var/run/secrets/kubernetes.io/serviceaccount'

/** By the service account that is mounted into every pod. */
function podConnection({
  KUBERNETES_SERVICE_HOST: host = '',
  KUBERNETES_SERVICE_PORT: port = '443',
}: NodeJS.ProcessEnv): Connection {
  const read = (name: string) => readFileSync(join(accountDirectory, name), 'utf8').trim()
  return {
    server: `https://${joinHostPort(host, port)}`,
    ca: read('ca.crt'),
    // Replaced by the kubelet before it expires.
    token: () => read('token'),
    namespace: read('namespace'),
  }
}

/** Rejects with an Error that says what is missing. */
export async function findCluster(
  { kubeconfig, context }: { kubeconfig?: string; context?: string },
  env: NodeJS.ProcessEnv,
): Promise<Connection> {
  const inPod = env.KUBERNETES_SERVICE_HOST && existsSync(join(accountDirectory, 'token'))
  if (!kubeconfig && inPod) return podConnection(env)
  const path = kubeconfig ?? (env.KUBECONFIG?.split(delimiter)[0] || join(homedir(), '.kube/config'))
  if (!existsSync(path)) throw new Error(`there is no kubeconfig at ${path}: set KUBECONFIG, or give \`kubeconfig\``)
  return readKubeconfig(path, context)
}
