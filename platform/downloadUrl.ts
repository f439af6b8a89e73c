import type { Config } from './config'
import { downloadPath } from './download'
import { signDownload, type DownloadClaims } from './downloadLink'

/** The address under which the REST door answers this download, for config.downloadSeconds. */
export function downloadUrl(config: Config, claims: DownloadClaims, now = Date.now()): string {
  const expiresAt = new Date(now + config.downloadSeconds * 1000)
  return restAddress(config) + downloadPath + signDownload(claims, config.signingKeys, expiresAt)
}

/** Without PUBLIC_URL the port on this machine, which is what `npm start` prints too. */
function restAddress({ publicUrl, host, ports }: Config): string {
  return publicUrl ?? `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${ports.rest}`
}
