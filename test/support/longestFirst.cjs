'use strict'
const { default: Sequencer } = require('@jest/test-sequencer')

/**
 * Files that take longest, longest first. Without timings of an earlier run jest goes by the size of a file, and some of the smallest take
 * longest: the last of them would have one processor to itself, and the other nothing to do.
 */
const longest = [
  ...['imports/corpus', 'trust/fuzz', 'faults/killedWorker', 'trust/directReferences', 'imports/bulkAndDelta'],
  ...['imports/badInput', 'faults/importFaults', 'trust/slowBodies', 'faults/killedExport', 'imports/olderPackages'],
]

module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => longest.findIndex((name) => path.endsWith(`/test/${name}.test.ts`)) + 1 || Infinity
    return [...super.sort(tests)].sort((a, b) => (rank(a) < rank(b) ? -1 : rank(a) > rank(b) ? 1 : 0))
  }
}
