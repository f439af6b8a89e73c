import type { ServerResponse } from 'node:http'

/** Makes the signal that aborts when a caller goes away before its answer was sent. */
export type WhenGone = () => AbortSignal

/**
 * The signal of an answer, made when somebody asks for it: what is answered within this process has nothing to cancel, and an AbortController
 * with its listener is dear beside a small read.
 */
export function whenGone(response: ServerResponse): WhenGone {
  let signal: AbortSignal | undefined
  return () => (signal ??= signalOf(response))
}

function signalOf(response: ServerResponse): AbortSignal {
  const gone = new AbortController()
  const notice = () => {
    if (!response.writableFinished) gone.abort()
  }
  // Express's types know no `closed`: it is destroyed as soon as its connection is closed.
  if (response.destroyed) notice()
  else response.once('close', notice)
  return gone.signal
}
