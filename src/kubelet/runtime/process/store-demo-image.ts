/** Puts the built-in image where the process runtime keeps images. */
import { constants } from 'node:fs'
import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DemoImage, demoImageName, describeDemoImage } from '../demo-image/demo-image.js'
import type { ImageStore } from './image-store.js'

async function writeImage({ directories, files }: DemoImage, root: string): Promise<void> {
  for (const { path, mode } of directories) {
    await mkdir(join(root, path), { recursive: true })
    await chmod(join(root, path), mode)
  }
  for (const file of files) {
    const place = join(root, file.path)
    if ('text' in file) await writeFile(place, file.text)
    else await copyFile(file.copyOf, place, constants.COPYFILE_FICLONE)
    await chmod(place, file.mode)
  }
}

/** Does nothing where it is there already. */
export async function storeDemoImage(images: ImageStore): Promise<void> {
  const image = await describeDemoImage()
  const id = `sha256:${image.digest}`
  if ((await images.find(demoImageName))?.id === id) return
  await images.add({ id, tags: [demoImageName], config: image.config }, root => writeImage(image, root))
}
