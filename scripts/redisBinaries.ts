import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'

/** A program to start as a Redis server, and the folders of the libraries it brings along. */
export type RedisBinary = { command: string; libraryPath?: string }

const programs = ['redis-server', 'valkey-server']

/** How a system installs Redis, tried in this order. `asRoot`: only root may. */
const installers = [
  { tool: 'apt-get', asRoot: true, commands: [aptInstall(), ['apt-get', 'update', '-qq'], aptInstall()] },
  { tool: 'apk', asRoot: true, commands: [['apk', 'add', '--no-cache', 'redis']] },
  { tool: 'dnf', asRoot: true, commands: [['dnf', 'install', '-y', '-q', 'redis']] },
  { tool: 'brew', asRoot: false, commands: [['brew', 'install', '--quiet', 'redis']] },
]

/**
 * A Redis server program: the machine's own; else one unpacked below `cacheDir` earlier; else the system's package,
 * installed where we may, or unpacked into `cacheDir` where we are not root.
 * @param say gets one line when something is about to be fetched
 * @throws Error with one sentence saying what to install
 */
export function findRedisBinary(cacheDir: string, say: (line: string) => void): RedisBinary {
  const found = onPath() ?? unpacked(cacheDir)
  if (found) return found
  say('No Redis on this machine: fetching the package of the system ...')
  const fetched = install() ?? unpackDebian(cacheDir)
  if (fetched) return fetched
  throw new Error(
    'RosterHub needs Redis and could not install it: install redis-server (or valkey-server), or set REDIS_URL.',
  )
}

function onPath(): RedisBinary | undefined {
  // Debian keeps servers where a user's PATH may not look.
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
  for (const program of programs) {
    const command = folders.map((folder) => path.join(folder, program)).find((file) => runs({ command: file }))
    if (command) return { command }
  }
  return undefined
}

function runs({ command, libraryPath }: RedisBinary): boolean {
  return existsSync(command) && spawnSync(command, ['--version'], { env: redisEnvironment(libraryPath) }).status === 0
}

/** The environment for a program that brings its libraries along. */
export function redisEnvironment(libraryPath: string | undefined): NodeJS.ProcessEnv {
  return { ...process.env, ...(libraryPath && { LD_LIBRARY_PATH: libraryPath }) }
}

function install(): RedisBinary | undefined {
  const isRoot = process.getuid?.() === 0
  for (const { tool, asRoot, commands } of installers) {
    if (asRoot !== isRoot || !exists(tool)) continue
    for (const [command = '', ...args] of commands) {
      spawnSync(command, args, { stdio: 'ignore', env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
      const found = onPath()
      if (found) return found
    }
  }
  return undefined
}

function aptInstall(): string[] {
  return ['apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'redis-server']
}

function exists(tool: string): boolean {
  return spawnSync('/bin/sh', ['-c', 'command -v "$1"', 'sh', tool]).status === 0
}

function unpacked(cacheDir: string): RedisBinary | undefined {
  const libraries = path.join(cacheDir, 'usr/lib')
  if (!existsSync(libraries)) return undefined
  const folders = readdirSync(libraries, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const libraryPath = [libraries, ...folders.map((entry) => path.join(libraries, entry.name))].join(':')
  const binary = { command: path.join(cacheDir, 'usr/bin/redis-server'), libraryPath }
  return runs(binary) ? binary : undefined
}

/** Debian and Ubuntu without root: the packages, with what they need and the machine lacks, unpacked but not installed. */
function unpackDebian(cacheDir: string): RedisBinary | undefined {
  if (!exists('apt-get') || !exists('dpkg')) return undefined
  const folder = path.resolve(cacheDir)
  rmSync(folder, { recursive: true, force: true }) // what an interrupted attempt left
  const downloads = path.join(folder, 'packages')
  mkdirSync(downloads, { recursive: true })
  const own = ownAptFolders(folder)
  if (!downloadPackages(downloads, [])) {
    // The machine holds no package lists (usual in containers): fetch them into a place of ours.
    spawnSync('apt-get', [...own, 'update', '-qq'], { stdio: 'ignore' })
    if (!downloadPackages(downloads, own)) return undefined
  }
  for (const file of readdirSync(downloads)) spawnSync('dpkg', ['-x', path.join(downloads, file), folder])
  for (const rest of [downloads, path.join(folder, 'apt')]) rmSync(rest, { recursive: true, force: true })
  return unpacked(cacheDir)
}

function ownAptFolders(folder: string): string[] {
  const lists = path.join(folder, 'apt/lists')
  const cache = path.join(folder, 'apt/cache')
  for (const place of [lists, cache]) mkdirSync(path.join(place, 'partial'), { recursive: true })
  return ['-o', `Dir::State::Lists=${lists}`, '-o', `Dir::Cache=${cache}`, '-o', 'Debug::NoLocking=1']
}

function downloadPackages(into: string, options: string[]): boolean {
  const wanted = missingPackages(options)
  return (
    wanted.length > 0 && spawnSync('apt-get', [...options, 'download', '-qq', ...wanted], { cwd: into }).status === 0
  )
}

/** redis-server and what it needs and the machine lacks: what an installation would install, only simulated. */
function missingPackages(options: string[]): string[] {
  const only = ['--simulate', '--no-install-recommends', 'redis-server']
  const simulated = spawnSync('apt-get', [...options, 'install', ...only], { encoding: 'utf8' })
  return [...(simulated.stdout ?? '').matchAll(/^Inst (\S+)/gm)].map(([, name = '']) => name)
}
