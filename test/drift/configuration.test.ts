import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { projectRoot } from '../../platform/projectRoot'

const text = (file: string) => readFileSync(path.join(projectRoot, file), 'utf8')
const matches = (file: string, pattern: RegExp) => [...text(file).matchAll(pattern)].map((match) => match[1]!)

/** What config.ts reads, by any of its readers. */
const read = new Set(
  matches('platform/config.ts', /(?:env\[|(?:url|words|integer|decimal|oneOf|flag)\()'([A-Z][A-Z_]+)'/g).concat(
    ['USERS', 'ORGS', 'ENROLLMENTS', 'IMPORTS', 'ACCESS'].map((name) => `SUBGRAPH_${name}_URL`),
  ),
)
const documented = new Set(matches('.env.example', /^(?:# )?([A-Z][A-Z_]+)=/gm))
const composed = new Set(matches('docker-compose.yml', /^ +([A-Z][A-Z_]+): /gm))

/** Secrets that only docker-compose.yml knows, and where it publishes. */
const onlyComposed = ['POSTGRES_PASSWORD', 'DATABASE_APP_PASSWORD', 'DATABASE_WORKER_PASSWORD', 'REDIS_PASSWORD']
  .concat('PUBLISH_ADDRESS')
  .sort()
/** What the image or the layout of the containers settles, and what containers do not have. */
const notComposed = ['HOST', 'PORT_BASE', 'ROSTERHUB_DEVELOPMENT', 'SERVING_PROCESSES', 'STORAGE_DIR']
  .concat('TLS_CERT_FILE', 'TLS_KEY_FILE')
  .sort()

test('.env.example names every variable that is read, and no other', () => {
  expect([...documented].filter((name) => !read.has(name)).sort()).toEqual(onlyComposed)
  expect([...read].filter((name) => !documented.has(name))).toEqual([])
})

test('what stands in .env reaches the containers', () => {
  expect([...read].filter((name) => !composed.has(name)).sort()).toEqual(notComposed)
})

test('the image holds every file that the programs read', () => {
  const folders = ['gateway', 'oneroster', 'platform', 'rest-facade', 'subgraphs', 'migrations']
  const files = execFileSync('git', ['ls-files', ...folders], { cwd: projectRoot, encoding: 'utf8' })
    .trim()
    .split('\n')
  const kinds = matches('Dockerfile', /-name '\*([\w.]+)'/g)
  const notCopied = files.filter((file) => !file.endsWith('.ts') && !kinds.some((kind) => file.endsWith(kind)))
  expect(notCopied).toEqual([])
  const [, from = ''] = /find ([\w -]+) \\\(/.exec(text('Dockerfile')) ?? []
  const others = new Set(files.filter((file) => !file.endsWith('.ts')).map((file) => file.split('/')[0]!))
  expect(from.split(' ').sort()).toEqual([...others].sort())
})
