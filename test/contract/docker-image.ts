/** An image with a shell for tests on Docker: nothing is pulled. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)
const candidates = ['busybox:1.36', 'busybox:latest', 'minik8s-test/busybox:1']
const staticBusybox = '/bin/busybox'

const isPresent = (image: string) =>
  run('docker', ['image', 'inspect', image]).then(
    () => true,
    () => false,
  )

/** Made of Debian's busybox-static, whose applets are links to it. */
async function importBusybox(image: string): Promise<void> {
  const script = `
    set -e
    dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT
    mkdir "$dir/bin" "$dir/tmp" "$dir/etc"
    cp ${staticBusybox} "$dir/bin/busybox"
    for applet in $(${staticBusybox} --list); do [ "$applet" = busybox ] || ln -s busybox "$dir/bin/$applet"; done
    tar -C "$dir" -c . | docker import --change 'CMD ["sh"]' - ${image}`
  await run('sh', ['-c', script])
}

/** Undefined where no Docker daemon answers or no busybox can be had. */
export async function ensureTestImage(): Promise<string | undefined> {
  const answers = await run('docker', ['info']).then(
    () => true,
    () => false,
  )
  if (!answers) return undefined
  for (const image of candidates) if (await isPresent(image)) return image
  const own = candidates.at(-1)!
  await importBusybox(own).catch(() => {})
  return (await isPresent(own)) ? own : undefined
}
