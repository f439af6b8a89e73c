import { IncomingMessage, ServerResponse, type ServerOptions } from 'node:http'
import type { Express } from 'express'

/**
 * The classes of requests and answers for a server whose requests an Express app handles. Express gives each of them its own prototype as it
 * comes in, and V8 then describes every single one anew, so that no access to a property of them is ever known: a quarter of a small read.
 * Made with that prototype, they stay as they are, and what Express does changes nothing.
 */
export function messagesOf(app: Express): Pick<ServerOptions, 'IncomingMessage' | 'ServerResponse'> {
  class AppRequest extends IncomingMessage {}
  class AppResponse extends ServerResponse {}
  Object.setPrototypeOf(AppRequest.prototype, app.request)
  Object.setPrototypeOf(AppResponse.prototype, app.response)
  app.request = AppRequest.prototype as typeof app.request
  app.response = AppResponse.prototype as typeof app.response
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse as typeof ServerResponse }
}
