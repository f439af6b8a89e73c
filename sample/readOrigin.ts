import { parseStream } from 'fast-csv'
import { openPromise } from 'yauzl'
import { originOf, type Origin } from './manifest'
import { OptionError } from './options'

/** What the manifest of an earlier sample package says of its making. Throws OptionError when it is none. */
export async function readOrigin(path: string): Promise<Origin> {
  return originOf(await readManifest(path))
}

async function readManifest(path: string): Promise<Map<string, string>> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false }).catch((error: Error) => {
    throw new OptionError(`--delta-of must name a roster ZIP; ${path} cannot be opened: ${error.message}`)
  })
  try {
    for await (const entry of zip.eachEntry()) {
      if (entry.fileName !== 'manifest.csv') continue
      const properties = new Map<string, string>()
      const rows = parseStream<Record<string, string>, Record<string, string>>(await zip.openReadStreamPromise(entry), {
        headers: true,
      })
      for await (const row of rows) properties.set(row.propertyName, row.value)
      return properties
    }
  } finally {
    zip.close()
  }
  throw new OptionError(`--delta-of must name a roster ZIP; ${path} has no manifest.csv`)
}
