/** Kubeconfigs of the administrator: one that points to the files of `pki/`, one that holds the keys itself. */
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Pki } from './pki/pki.js'

function kubeconfig(server: string, cluster: string, user: string): string {
  return `apiVersion: v1
kind: Config
clusters:
  - name: minik8s
    cluster:
      server: ${server}
${cluster}
users:
  - name: minik8s-admin
    user:
${user}
contexts:
  - name: minik8s
    context:
      cluster: minik8s
      user: minik8s-admin
current-context: minik8s
`
}

/** `https://0.0.0.0:6443` says where a server listens; a client on this machine reaches it, and trusts it, by loopback. */
export const localUrl = (server: string): string =>
  server.replace('://0.0.0.0:', '://127.0.0.1:').replace('://[::]:', '://[::1]:')

/** Refers to keys by path, relative to the directory the kubeconfig is in: it holds no secret. */
export const kubeconfigByPath = (server: string, pkiDirectory: string): string =>
  kubeconfig(
    server,
    `      certificate-authority: ${pkiDirectory}/ca.crt`,
    `      client-certificate: ${pkiDirectory}/admin.crt\n      client-key: ${pkiDirectory}/admin.key`,
  )

/** Holds the administrator's key: works anywhere the server can be reached, and must be kept secret. */
export function kubeconfigWithKeys(server: string, { ca, admin }: Pki): string {
  const base64 = (pem: string) => Buffer.from(pem).toString('base64')
  return kubeconfig(
    server,
    `      certificate-authority-data: ${base64(ca.certificate)}`,
    `      client-certificate-data: ${base64(admin.certificate)}\n      client-key-data: ${base64(admin.key)}`,
  )
}

/** Mode 0600; replaced as a whole. */
export async function writeKubeconfig(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(`${path}.tmp`, text, { mode: 0o600 })
  await rename(`${path}.tmp`, path)
}
