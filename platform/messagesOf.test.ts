import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { messagesOf } from './messagesOf'

let server: Server
afterEach(() => void server.close())

it('makes requests and answers that Express finds as it wants them, so that it gives none another prototype', async () => {
  const app = express().set('trust proxy', true)
  const changed = jest.fn()
  app.use((request, response) => void response.json({ ip: request.ip, secure: request.secure, path: request.path }))
  server = createServer(messagesOf(app), (request, response) => {
    const before = [request, response].map((each) => Object.getPrototypeOf(each) as object)
    app(request, response)
    const after = [request, response].map((each) => Object.getPrototypeOf(each) as object)
    if (before.some((prototype, at) => prototype !== after[at])) changed()
  }).listen(0)
  const { port } = server.address() as AddressInfo
  const headers = { 'x-forwarded-for': '192.0.2.1', 'x-forwarded-proto': 'https', connection: 'close' }
  const answer = await fetch(`http://127.0.0.1:${port}/a/path`, { headers })
  expect(await answer.json()).toEqual({ ip: '192.0.2.1', secure: true, path: '/a/path' })
  expect(changed).not.toHaveBeenCalled()
})
