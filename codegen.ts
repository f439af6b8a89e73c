import { readFileSync, writeFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'
import { entitySdl } from './oneroster/graphql'
import { issuesDocument } from './oneroster/issuesDocument'
import { entities, type Entity } from './oneroster/model'
import { subgraphNames } from './platform/config'
import { projectRoot } from './platform/projectRoot'
import { subgraphSdl } from './platform/subgraph'

/** Every generated file, in the order in which one needs the other. All are checked in; `npm run check` proves them fresh. */
const generated: readonly { file: string; make: () => string }[] = [
  sdlOf('orgs', [entities.org, entities.academicSession, entities.course, entities.class]),
  sdlOf('users', [entities.user, entities.demographics]),
  sdlOf('enrollments', [entities.enrollment]),
  { file: 'docs/issues.md', make: issuesDocument },
  { file: 'gateway/supergraph.graphql', make: supergraph },
]

function sdlOf(subgraph: string, owned: readonly Entity[]) {
  const note = '# Made by codegen.ts from oneroster/model.ts, do not edit.\n\n'
  return { file: `subgraphs/${subgraph}/oneroster.graphql`, make: () => note + entitySdl(owned) }
}

/** Composed here and not at run time: a gateway starts with what was tested. */
function supergraph(): string {
  const services = subgraphNames.map((name) => ({
    name,
    url: `http://${name}/graphql`,
    typeDefs: parse(subgraphSdl(name)),
  }))
  const result = composeServices(services)
  if (!result.supergraphSdl)
    throw new Error(`The subgraphs do not compose:\n${result.errors?.map((error) => error.message).join('\n')}`)
  return `# Made by codegen.ts, do not edit.\n${result.supergraphSdl}\n`
}

/** Writes every generated file; with --check writes none and fails when one is stale. */
function main(): void {
  const check = process.argv.includes('--check')
  const stale: string[] = []
  for (const { file, make } of generated) {
    const path = join(projectRoot, file)
    const text = make()
    if (read(path) === text) continue
    stale.push(relative(projectRoot, path))
    if (!check) writeFileSync(path, text)
  }
  if (!stale.length) console.log('Generated files are fresh.')
  else if (check) throw new Error(`Stale: ${stale.join(', ')}. Run npm run generate.`)
  else console.log(`Written: ${stale.join(', ')}`)
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

main()
