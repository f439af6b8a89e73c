import { readArguments, usage } from './arguments'
import { generateSample } from './generateSample'
import { OptionError } from './options'

/** `npm run sample`: exit code 0, or 2 for arguments that cannot be followed, or 1 when the package could not be written. */
async function run(args: readonly string[]): Promise<void> {
  const started = Date.now()
  const options = readArguments(args)
  if (options === 'help') return void process.stdout.write(usage())
  const { path, bytes, mode, ...rows } = await generateSample(options)
  const counts = Object.entries(rows).filter(([, count]) => count > 0)
  const seconds = ((Date.now() - started) / 1000).toFixed(1)
  console.log(`${path}: ${mode} package of ${(bytes / 1e6).toFixed(1)} MB in ${seconds} s`)
  console.log(counts.map(([file, count]) => `${count.toLocaleString('en')} ${file}`).join(', '))
}

run(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof OptionError ? 2 : 1
})
