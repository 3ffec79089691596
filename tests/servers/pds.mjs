// Starts a PLC directory (@did-plc/server, with its in-memory database) and a Bluesky PDS (@atproto/pds) on the loopback.
// Run in the folder that holds node_modules: node pds.mjs PDS_PORT PLC_PORT DATA
import { createRequire } from 'node:module'
import crypto from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

const [, , pdsPort, plcPort, data] = process.argv
const require = createRequire(path.join(process.cwd(), 'here.js'))
const plc = require('@did-plc/server')
const { PDS } = await import(path.join(process.cwd(), 'node_modules/@atproto/pds/dist/index.js'))

fs.mkdirSync(path.join(data, 'blobs'), { recursive: true })
const random = (bytes) => crypto.randomBytes(bytes).toString('hex')

const plcServer = plc.PlcServer.create({ db: plc.Database.mock(), port: Number(plcPort) })
await plcServer.start()
const pds = await PDS.fromEnv({
  devMode: true,
  port: Number(pdsPort),
  hostname: 'localhost',
  dataDirectory: data,
  blobstoreDiskLocation: path.join(data, 'blobs'),
  didPlcUrl: `http://localhost:${plcPort}`,
  adminPassword: random(12),
  jwtSecret: random(16),
  plcRotationKeyK256PrivateKeyHex: random(32),
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  disableSsrfProtection: true,
  rateLimitsEnabled: false,
  blobUploadLimit: 5 * 1024 * 1024,
  crawlers: [],
})
await pds.start()
console.log('ready')

const stop = async () => {
  await pds.destroy()
  await plcServer.destroy()
  process.exit(0)
}
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
