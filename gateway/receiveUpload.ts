import type { RequestHandler } from 'express'
import type { FileUpload, UploadOptions } from 'graphql-upload-minimal'
import { coded } from '../platform/errors'
import { readMultipart } from '../platform/multipart'
import { uploadIn } from './upload'

/**
 * Reads a GraphQL multipart request (jaydenseric/graphql-multipart-request-spec): the operation into request.body, the file left in the
 * connection until a subgraph reads it. One file at most. Errors: UPLOAD_TOO_LARGE, UPLOAD_BROKEN.
 */
export function receiveUpload(options: { maxFileBytes: number; maxFieldBytes: number }): RequestHandler {
  const { maxFileBytes, maxFieldBytes } = options
  // One byte more than allowed: the parser cannot tell a file that ends at its limit from one that goes on.
  const limits: UploadOptions = { maxFiles: 1, maxFileSize: maxFileBytes + 1, maxFieldSize: maxFieldBytes }
  return (request, response, next) => {
    readMultipart(request, response, limits).then(
      (body) => {
        const placed = uploadIn((body as { variables?: unknown }).variables)
        if (placed) {
          const { upload } = placed
          upload.promise = upload.promise.then((file) => limited(file, maxFileBytes), brokenUpload)
          upload.promise.catch(() => undefined)
        }
        request.body = body
        next()
      },
      (error: unknown) => next(asUploadError(error)),
    )
  }
}

/** A file that is too long ends in an error for its reader; left to itself the parser would only fall silent. */
function limited(file: FileUpload, maxFileBytes: number): FileUpload {
  const tooLarge = () => coded('UPLOAD_TOO_LARGE', `The file is larger than ${maxFileBytes} bytes`)
  return {
    ...file,
    createReadStream() {
      try {
        const stream = file.createReadStream()
        return stream.once('limit', () => stream.destroy(tooLarge()))
      } catch (error) {
        throw asUploadError(error)
      }
    },
  }
}

function brokenUpload(error: unknown): never {
  throw asUploadError(error)
}

function asUploadError(error: unknown): unknown {
  const { status, message } = error as { status?: number; message?: string }
  if (status === 413) return coded('UPLOAD_TOO_LARGE', message ?? 'The upload is too large')
  return coded('UPLOAD_BROKEN', message ?? 'The upload is not a GraphQL multipart request')
}
