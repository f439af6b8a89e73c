import { baseUrlMark } from './documentSql'

/**
 * Puts the address of the service (base path included, no slash at its end) into the hrefs of rendered documents.
 * Text in, text out: a page of 10,000 users is 8 MB, which nobody should parse to change a prefix.
 */
export function withBaseUrl(rendered: string, baseUrl: string): string {
  // A JSON string carries control characters escaped, so every raw U+0001 is a mark and none is data.
  // A dollar sign means something in a replacement; doubled, it stands for itself.
  return rendered.replaceAll(baseUrlMark, baseUrl.replaceAll('$', '$$$$'))
}
