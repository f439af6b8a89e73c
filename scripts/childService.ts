import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** A server program (PostgreSQL, Redis) run for as long as this process lives. */
export type ChildService = {
  pid: number
  /** Stops it in an orderly way; true once it is gone. Calling it again waits for the same end. */
  stop(): Promise<void>
}

export type ChildServiceOptions = {
  /** What messages call it. */
  name: string
  command: string
  args: string[]
  /** The user to run as, when we are root and the program must not be. */
  as?: { uid: number; gid: number }
  cwd: string
  env?: NodeJS.ProcessEnv
  /** Given to the program as its standard input, for what must not appear in the process list. */
  input?: string
  logFile: string
  stopSignal: NodeJS.Signals
  /** Removed once the service is gone, if this process dies without stopping it. */
  removeAfterDeath?: string[]
  /** Resolves to true as soon as the service answers. */
  isReady(): Promise<boolean>
}

/**
 * Starts a service and waits until it answers. It runs in a session of its own, so that a Ctrl-C in the terminal does
 * not end it under the feet of the requests that still use it; a watcher ends it when this process dies, even by SIGKILL.
 * @throws Error with one sentence and the end of the service's log when it ends before it answers.
 */
export async function startChildService(options: ChildServiceOptions): Promise<ChildService> {
  const child = spawnService(options)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()).once('error', () => resolve()))
  if (!child.pid) throw new Error(`${options.name} could not be started: ${options.command} does not run here.`)
  const watcher = endWithUs(child.pid, options)
  const stop = async () => {
    await endChild(child, exited, options.stopSignal)
    await endWatcher(watcher)
  }
  if (await becomesReady(child, options.isReady)) return { pid: child.pid, stop }
  await stop()
  throw new Error(`${options.name} did not start; its log ends with:\n${endOfLog(options.logFile)}`)
}

/** Whether a server could listen there now. */
export async function isPortFree(port: number, host: string): Promise<boolean> {
  return (await listen(port, host)) !== undefined
}

/** A port of the loopback address that is free now: the preferred one if it is, else one chosen by the system. */
export async function findFreePort(preferred?: number): Promise<number> {
  if (preferred && (await isPortFree(preferred, '127.0.0.1'))) return preferred
  const port = await listen(0, '127.0.0.1')
  if (!port) throw new Error('No free TCP port was found on 127.0.0.1.')
  return port
}

/**
 * Whether the process with this id is the one we mean: the system gives ids out again, so its command line has to contain
 * `mark` as well.
 */
export function isRunning(pid: number, mark: string): boolean {
  return isAlive(pid) && commandOf(pid).includes(mark)
}

/** Ends a service that an earlier process left behind; does nothing when it is gone. */
export async function endLeftover(pid: number, mark: string, signal: NodeJS.Signals): Promise<void> {
  if (!isRunning(pid, mark)) return
  process.kill(pid, signal)
  for (let tries = 0; tries < 300 && isRunning(pid, mark); tries++) await sleep(100)
  if (isRunning(pid, mark)) process.kill(pid, 'SIGKILL')
}

function spawnService(options: ChildServiceOptions): ChildProcess {
  const log = openSync(options.logFile, 'w', 0o600)
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env ?? process.env,
    detached: true,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', log, log],
    ...options.as,
  })
  closeSync(log)
  child.stdin?.on('error', () => undefined).end(options.input)
  child.on('error', () => undefined).unref()
  return child
}

/** A shell that waits for the end of its input, which is the end of this process, and then ends the service. */
function endWithUs(pid: number, { stopSignal, removeAfterDeath = [] }: ChildServiceOptions): ChildProcess {
  const script = `
    runs() { kill -0 $1 2>/dev/null && ! grep -qs '^State:.Z' /proc/$1/status; }
    read -r _
    kill -s ${stopSignal.replace('SIG', '')} ${pid} 2>/dev/null
    n=0
    while runs ${pid} && [ $n -lt 100 ]; do sleep 0.1; n=$((n + 1)); done
    [ $# -eq 0 ] || rm -rf -- "$@"`
  const watcher = spawn('/bin/sh', ['-c', script, 'rosterhub-watcher', ...removeAfterDeath], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  watcher.on('error', () => undefined).unref()
  watcher.stdin.on('error', () => undefined)
  ;(watcher.stdin as unknown as { unref?(): void }).unref?.()
  return watcher
}

async function endWatcher(watcher: ChildProcess): Promise<void> {
  if (!watcher.pid || watcher.exitCode !== null || watcher.signalCode !== null) return
  const exited = once(watcher, 'exit')
  watcher.ref()
  watcher.kill('SIGKILL')
  await exited
}

async function becomesReady(child: ChildProcess, isReady: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 60_000
  while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
    if (await isReady()) return true
    await sleep(20)
  }
  return false
}

async function endChild(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.ref()
  child.kill(signal)
  const inTime = await Promise.race([exited.then(() => true), sleep(30_000, false, { ref: false })])
  if (!inTime) child.kill('SIGKILL')
  await exited
}

async function listen(port: number, host: string): Promise<number | undefined> {
  const server = createServer().listen(port, host)
  try {
    await once(server, 'listening')
  } catch {
    return undefined
  }
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' ? address?.port : undefined
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
  } catch {
    return spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout ?? ''
  }
}

function endOfLog(file: string): string {
  return readFileSync(file, 'utf8').trim().split('\n').slice(-5).join('\n')
}
