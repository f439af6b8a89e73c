import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** The folder of package.json: SDL, the supergraph and the sample are read from here, whether .ts or compiled code runs. */
export const projectRoot = findRoot(__dirname)

function findRoot(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const parent = dirname(folder)
  if (parent === folder) throw new Error('package.json not found above ' + __dirname)
  return findRoot(parent)
}
