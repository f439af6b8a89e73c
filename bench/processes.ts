import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectRoot } from '../platform/projectRoot'

/** A process of the hub (or a floor) that runs as long as it is measured. */
export interface Running {
  readonly pid: number
  /** What it said besides 'ready'. */
  readonly said: Record<string, unknown>
  stop(): Promise<void>
}

const startMilliseconds = 60_000

/** Starts a compiled entry such as `gateway/server` and waits until it is ready. Throws when it ends before that. */
export async function startProcess(entry: string, env: NodeJS.ProcessEnv, args: string[] = []): Promise<Running> {
  const child = fork(path.join(projectRoot, 'dist', `${entry}.js`), args, { env, execArgv: ['--enable-source-maps'] })
  const said = {}
  const stop = () => end(child)
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message) => (message === 'ready' ? resolve() : void Object.assign(said, message)))
    child.once('exit', (code, signal) =>
      reject(new Error(`${entry} ended (${signal ?? `code ${code}`}) before it was ready`)),
    )
  })
  const late = sleep(startMilliseconds, undefined, { ref: false }).then(() => {
    throw new Error(`${entry} was not ready after ${startMilliseconds / 1000} s`)
  })
  try {
    await Promise.race([ready, late])
  } catch (error) {
    await stop()
    throw error
  }
  return { pid: child.pid!, said, stop }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
  await exited
  clearTimeout(timer)
}

/** A PORT_BASE all of whose ports are free at the moment. */
export async function freePortBase(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const base = 10_000 + Math.floor(Math.random() * 20_000)
    const ports = [base, ...[0, 1, 2, 3, 4, 5, 6].map((offset) => base + 1000 + offset)]
    const free = await Promise.all(ports.map(isFree))
    if (free.every(Boolean)) return base
  }
  throw new Error('No range of free ports was found on 127.0.0.1')
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const free = await Promise.race([
    once(server, 'listening').then(() => true),
    once(server, 'error').then(() => false),
  ]).catch(() => false)
  await new Promise((resolve) => server.close(resolve))
  return free
}

/** Memory of a process in MB (10^6 bytes): now and at its peak. Undefined where the system does not tell (only Linux does). */
export function memoryOf(pid: number): { now: number; peak: number } | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const megabytes = (name: string) => (Number(new RegExp(`${name}:\\s*(\\d+) kB`).exec(status)?.[1]) * 1024) / 1e6
    return { now: megabytes('VmRSS'), peak: megabytes('VmHWM') }
  } catch {
    return undefined
  }
}

/** Watches the memory of a process until stopped; answers how far it rose above where it began, in MB. */
export function watchMemory(pid: number): () => { before: number; most: number } | undefined {
  const before = memoryOf(pid)?.now
  let most = before ?? 0
  const timer = setInterval(() => (most = Math.max(most, memoryOf(pid)?.now ?? 0)), 20)
  return () => {
    clearInterval(timer)
    return before === undefined ? undefined : { before, most: Math.max(most, memoryOf(pid)?.now ?? 0) }
  }
}
