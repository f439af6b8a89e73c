/** bee-queue's own; it calls this once, when its first connection is ready. */
declare module 'bee-queue/lib/lua' {
  export interface CommandClient {
    on(event: 'ready', hear: () => void): void
  }
  /** Loads the scripts of which the server has none. */
  export function buildCache(client: CommandClient): Promise<unknown>
}
