'use strict'
// The container's health check: 0 when this container's process answers on /health/live.
const isDoor = ['3000', '4000'].includes(process.env.HEALTH_PORT || '3000')
const { get } = require(isDoor && process.env.TLS_CERT_FILE ? 'node:https' : 'node:http')

// The certificate is for the name that callers use, and this asks by address.
const rejectUnauthorized = false
const port = process.env.HEALTH_PORT || 3000
get({ host: '127.0.0.1', port, path: '/health/live', timeout: 4000, rejectUnauthorized }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1)
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
