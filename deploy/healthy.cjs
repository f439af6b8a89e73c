'use strict'
// The container's health check: 0 when this container's process answers on /health/live.
const { get } = require('node:http')

get({ host: '127.0.0.1', port: process.env.HEALTH_PORT || 3000, path: '/health/live', timeout: 4000 }, (response) => {
  process.exit(response.statusCode === 200 ? 0 : 1)
})
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1))
