'use strict'
/**
 * The way into every command of RosterHub, for a machine that holds nothing but Node and npm:
 *
 *     node scripts/bootstrap.cjs <entry> [arguments]   runs dist/<entry>.js, e.g. `scripts/start`, `subgraphs/users/server`
 *     node scripts/bootstrap.cjs jest [arguments]      runs jest
 *     node scripts/bootstrap.cjs --build               only brings dist/ up to date
 *
 * Steps: checkNode → install (when node_modules does not match package-lock.json) → compile (what changed) → run.
 * One file of plain JavaScript, since nothing else may be there yet, and in old syntax, so that an old Node reaches the
 * sentence that says it is old. NODE_OPTIONS=--enable-source-maps gives stack traces in TypeScript (at a cost).
 * The entry runs in this very process: exit code, signals and Ctrl-C need no forwarding. For the same reason the npm
 * scripts say `exec`: npm hands SIGTERM to its shell only, and the shell to nobody.
 */
const crypto = require('crypto')
const fs = require('fs')
const path = require('path')
const childProcess = require('child_process')

const root = path.resolve(__dirname, '..')
const dist = path.join(root, 'dist')
const nodeModules = path.join(root, 'node_modules')
const oldestNode = [20, 19]
const notSources = ['node_modules', 'dist', 'coverage']

function prepare() {
  checkNode()
  try {
    if (!isInstalled()) install()
    if (hasCompiler()) compile()
  } catch (error) {
    if (!['EACCES', 'EPERM', 'EROFS'].includes(error.code)) throw error
    stop(cannotWrite(error))
  }
}

function checkNode() {
  const have = process.versions.node.split('.').map(Number)
  if (have[0] > oldestNode[0] || (have[0] === oldestNode[0] && have[1] >= oldestNode[1])) return
  stop(`RosterHub needs Node ${oldestNode.join('.')} or newer; this is Node ${process.versions.node}.`)
}

// ---- install ----------------------------------------------------------------------------------------------------

/** True when node_modules holds what the lock file names. The stamp makes the usual case one small read. */
function isInstalled() {
  if (readText(stampFile()) === stamp()) return true
  // A production image holds compiled files and no development packages; that is complete.
  const withDev = !(process.env.NODE_ENV === 'production' && fs.existsSync(dist))
  if (!holdsLockedPackages(withDev)) return false
  if (withDev) tryWrite(stampFile(), stamp())
  return true
}

function stampFile() {
  return path.join(nodeModules, '.rosterhub-install')
}

function stamp() {
  const lock = fs.readFileSync(path.join(root, 'package-lock.json'))
  return `${crypto.createHash('sha256').update(lock).digest('hex')} ${process.platform}-${process.arch}`
}

/** npm notes what it installed in node_modules/.package-lock.json; optional packages of other platforms are not there. */
function holdsLockedPackages(withDev) {
  const noted = readText(path.join(nodeModules, '.package-lock.json'))
  if (!noted) return false
  const have = JSON.parse(noted).packages
  const want = JSON.parse(fs.readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages
  return Object.keys(want).every((place) => {
    const wanted = want[place]
    if (place === '' || (!withDev && wanted.dev)) return true
    return have[place] ? have[place].version === wanted.version : Boolean(wanted.optional || wanted.devOptional)
  })
}

function install() {
  const unlock = lockInstall()
  try {
    if (isInstalled()) return
    console.log('Installing packages (once, about a minute) ...')
    const npm = npmCommand()
    const options = ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']
    const result = childProcess.spawnSync(npm[0], npm.slice(1).concat(options), {
      cwd: root,
      stdio: 'inherit',
      shell: process.platform === 'win32',
    })
    if (result.error) stop(`RosterHub could not run npm (${result.error.message}): is npm installed beside Node?`)
    if (result.signal) stop(`The installation of packages was stopped by ${result.signal}; run the command again.`, 130)
    if (result.status !== 0) {
      stop(`RosterHub could not install its packages: "npm ci" in ${root} ended with code ${result.status}, see above.`)
    }
    tryWrite(stampFile(), stamp())
  } finally {
    unlock()
  }
}

/** The npm that runs us, when it does; otherwise the one on PATH. */
function npmCommand() {
  const running = process.env.npm_execpath || ''
  return /npm-cli\.c?js$/.test(running) ? [process.execPath, running] : ['npm']
}

/** Two commands started at once on a fresh clone must not both empty node_modules: the second waits. */
function lockInstall() {
  const lock = path.join(root, '.rosterhub', 'install.lock')
  fs.mkdirSync(path.dirname(lock), { recursive: true })
  for (;;) {
    try {
      fs.writeFileSync(lock, String(process.pid), { flag: 'wx' })
      return () => fs.rmSync(lock, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') stop(cannotWrite(error))
      if (!isAlive(Number(readText(lock)))) fs.rmSync(lock, { force: true })
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
    }
  }
}

function isAlive(pid) {
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// ---- compile ----------------------------------------------------------------------------------------------------

function hasCompiler() {
  return fs.existsSync(path.join(nodeModules, '@swc/core/package.json'))
}

/**
 * Brings dist/ up to date. An output carries the modification time of its source, so that "changed" means "differs",
 * also after a checkout of something older. A new compiler or new options compile everything again.
 */
function compile() {
  const compiler = compilerKey()
  const buildFile = path.join(dist, '.compiled-with')
  const all = readText(buildFile) !== compiler
  const sources = listFiles(root, '', (name) => /\.ts$/.test(name) && !/\.(test|d)\.ts$/.test(name))
  const stale = sources.filter((source) => all || modified(output(source)) !== modified(path.join(root, source)))
  removeOrphans(sources)
  if (!stale.length) return
  const swc = require(path.join(nodeModules, '@swc/core'))
  const failures = stale.map((source) => compileFile(swc, source)).filter(Boolean)
  if (failures.length) stop(`RosterHub could not compile:\n${failures.join('\n')}`)
  fs.writeFileSync(buildFile, compiler)
}

function compilerKey() {
  const version = JSON.parse(fs.readFileSync(path.join(nodeModules, '@swc/core/package.json'), 'utf8')).version
  const options = fs.readFileSync(path.join(root, '.swcrc'))
  return `${version} ${crypto.createHash('sha256').update(options).digest('hex')}`
}

function output(source) {
  return path.join(dist, source.replace(/\.ts$/, '.js'))
}

function compileFile(swc, source) {
  const from = path.join(root, source)
  const to = output(source)
  const when = fs.statSync(from).mtime
  let result
  try {
    const sourceFileName = path.relative(path.dirname(to), from)
    const options = { filename: from, sourceFileName, cwd: root, configFile: path.join(root, '.swcrc') }
    result = swc.transformSync(fs.readFileSync(from, 'utf8'), options)
  } catch (error) {
    return `${source}: ${error.message}`
  }
  fs.mkdirSync(path.dirname(to), { recursive: true })
  writeWhole(`${to}.map`, result.map, when)
  writeWhole(to, `${result.code}//# sourceMappingURL=${path.basename(to)}.map\n`, when)
  return undefined
}

/** Written beside and renamed: a command started at the same time reads the old file or the new one. */
function writeWhole(file, text, when) {
  const part = `${file}.${process.pid}.part`
  fs.writeFileSync(part, text)
  fs.utimesSync(part, when, when)
  fs.renameSync(part, file)
}

function removeOrphans(sources) {
  if (!fs.existsSync(dist)) return
  const wanted = new Set(sources.map((source) => path.relative(dist, output(source))))
  const outputs = listFiles(dist, '', (name) => /\.js(\.map)?$/.test(name))
  for (const file of outputs) if (!wanted.has(file.replace(/\.map$/, ''))) fs.rmSync(path.join(dist, file))
}

/** Paths below `base`, relative to it. */
function listFiles(base, folder, isWanted) {
  return [].concat(
    ...fs.readdirSync(path.join(base, folder), { withFileTypes: true }).map((entry) => {
      const place = path.join(folder, entry.name)
      if (entry.isDirectory()) {
        const skipped = entry.name[0] === '.' || (folder === '' && notSources.includes(entry.name))
        return skipped ? [] : listFiles(base, place, isWanted)
      }
      return isWanted(entry.name) ? [place] : []
    }),
  )
}

function modified(file) {
  const found = fs.statSync(file, { throwIfNoEntry: false })
  // Rounded: a time set in milliseconds comes back a fraction of a microsecond off.
  return found ? Math.round(found.mtimeMs) : undefined
}

// ---- run --------------------------------------------------------------------------------------------------------

function run(target, rest) {
  if (!target) stop('Say what to run, for example: node scripts/bootstrap.cjs scripts/start')
  const entry =
    target === 'jest'
      ? path.join(nodeModules, 'jest/bin/jest.js')
      : path.join(dist, `${target.replace(/\.[jt]s$/, '')}.js`)
  if (!fs.existsSync(entry))
    stop(`RosterHub has nothing called "${target}": there is no ${path.relative(root, entry)}.`)
  process.argv = [process.argv[0], entry].concat(rest)
  // Not require(): the entry is the main module, as if it had been started by its own name.
  require('module').runMain()
}

// ---- small things -----------------------------------------------------------------------------------------------

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/** For stamps, which only save time: a folder of somebody else's is no reason to stop. */
function tryWrite(file, text) {
  try {
    fs.writeFileSync(file, text)
  } catch {
    return
  }
}

function cannotWrite(error) {
  return `RosterHub cannot write ${error.path} (${error.code}): does this folder belong to another user?`
}

function stop(message, code) {
  console.error(message)
  process.exit(code || 1)
}

prepare()
if (process.argv[2] !== '--build') run(process.argv[2], process.argv.slice(3))
