import { once } from 'node:events'
import { serverVariables } from '../test/support/database'
import { until } from '../test/support/until'
import { announceClientChange, onClientChange } from './clientChanges'
import { openRedis } from './redis'

const url = process.env[serverVariables.redis]!

test('another process is told through Redis', async () => {
  const subscriber = openRedis(url)
  const otherProcess = openRedis(url)
  const heard: string[] = []
  const stop = onClientChange(subscriber, (clientId) => heard.push(clientId))
  await Promise.all([once(subscriber, 'ready'), once(otherProcess, 'ready')])
  // What the announcement of another process comes down to; the subscription may still be on its way.
  await until('it is heard', async () => {
    await otherProcess.publish('rosterhub:client-changed', 'rhc_there')
    return heard.length > 0
  })
  expect(heard[0]).toBe('rhc_there')
  stop()
  subscriber.disconnect()
  otherProcess.disconnect()
})

test('the same process knows before the announcement is over, Redis or not', async () => {
  const away = openRedis('redis://127.0.0.1:1')
  const heard: string[] = []
  const stop = onClientChange(away, (clientId) => heard.push(clientId))
  await announceClientChange(away, 'rhc_here')
  expect(heard).toEqual(['rhc_here'])
  stop()
  await announceClientChange(away, 'rhc_later')
  expect(heard).toEqual(['rhc_here'])
  away.disconnect()
})
