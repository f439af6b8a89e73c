/**
 * What `npm start` assumes unless the environment says otherwise. Imported before everything else, because libraries read
 * NODE_ENV while they load: several times faster as "production"; ROSTERHUB_DEVELOPMENT keeps the rules of development.
 */
if (!process.env.NODE_ENV) {
  process.env.NODE_ENV = 'production'
  process.env.ROSTERHUB_DEVELOPMENT ??= '1'
}
process.env.LOG_LEVEL ??= 'warn'

export {}
