import { columnCases } from './columnCases'
import { taken, type CorpusCase } from './corpusCase'
import type { Generation } from './facts'
import { formCases } from './formCases'
import { headerCases, japaneseNamesInBase } from './headerCases'
import { japanCases } from './japanCases'
import { japanPackageCases } from './japanPackageCases'
import { packageCases } from './packageCases'
import { relationCases } from './relationCases'
import { rosterFor } from './rosters'
import { changedTypeCases } from './changedTypeCases'
import { storedCases } from './storedCases'

/** Every package of the corpus, in groups that fit a test of their own. */
export const corpus: Readonly<Record<string, readonly CorpusCase[]>> = {
  'archive and manifest': packageCases(),
  headers: [...headerCases('base-1.2.1'), ...japaneseNamesInBase()],
  'bytes and rows': formCases(),
  'columns of the base standard': [...cleanBase(), ...columnCases('base-1.2.1')],
  'rows among themselves': relationCases(),
  'rows and what is stored': [...storedCases(), ...changedTypeCases()],
  'columns of the K-12/Schools profile': japanCases('jp-k12-1.0'),
  'columns of the earlier Japan profiles': [
    ...each(12, japanCases('jp-2nd-edition')),
    ...each(12, japanCases('jp-1.2.1')),
    ...japanCases('jp-2nd-edition').filter(({ name }) => /homeClass|grades = |resourceSourcedIds/.test(name)),
  ].filter(
    (one, index, all) =>
      all.findIndex(({ name, generation }) => name === one.name && generation === one.generation) === index,
  ),
  'packages of the Japan profiles': japanPackageCases(),
  'required columns and references in the other generations': [
    ...few('base-1.2', 8),
    ...few('jp-2nd-edition', 14),
    ...few('jp-1.2.1', 14),
    ...few('jp-k12-1.0', 14),
  ],
}

function cleanBase(): CorpusCase[] {
  return (['base-1.2', 'base-1.2.1'] as const).map((generation) => ({
    ...{ name: 'a clean roster', clause: '9', generation, files: rosterFor(generation), expected: taken() },
  }))
}

/** Columns mean the same in every generation: of the base standard's cases that hold there too, each `step`th. */
function few(generation: Generation, step: number): CorpusCase[] {
  const basic = columnCases(generation).filter(({ expected }) =>
    expected.errors.some((one) => /^(row\.required|row\.notInBulk|reference\.notFound) /.test(one)),
  )
  return each(step, basic)
}

/** Rules that generations share need not be tried in full in each of them. */
function each(step: number, cases: readonly CorpusCase[]): CorpusCase[] {
  return cases.filter((_, index) => index % step === 0)
}
