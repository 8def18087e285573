// Copyright (c) 2026 KubeNebula contributors
// SPDX-License-Identifier: Apache-2.0
'use strict'
// Stands in for FireEdge: page, log-in, a few of its API's paths, uploads. It keeps what makes FireEdge hard to run: sessions
// and zones in memory, a log-in whose state belongs to the process, a log that falls silent.
const { createCipheriv, createHash, createHmac, randomBytes } = require('crypto')
const fs = require('fs')
const http = require('http')
const path = require('path')
const busboy = require('busboy')
const yaml = require('js-yaml')
const consoles = require('./consoles')
const log = require('./log')
const { call } = require('./rpc')

const AUTH = '/var/lib/one/.one'
const read = name => yaml.load(fs.readFileSync(`/etc/one/${name}`, 'utf8')) || {}
const conf = read('fireedge-server.conf')
const sunstone = read('fireedge/sunstone/sunstone-server.conf')
const key = fireedgeKey()
const users = {} // log-in name -> tokens of this process
let zones // as they were at the first log-in
let current = {} // the log-in under way: one for the whole process

log.open(conf.truncate_max_length)

function fireedgeKey () {
  const file = `${AUTH}/fireedge_key`
  try {
    const found = fs.readFileSync(file)
    if (found.length) return found
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
  }
  const made = randomBytes(16).toString('hex').toUpperCase()
  try { fs.writeFileSync(file, made, { mode: 0o600 }) } catch { /* then it lasts as long as the process */ }
  return Buffer.from(made)
}

const rpc = (session, method, ...parameters) => call(zones ? zones[0] : conf.one_xmlrpc, session, method, ...parameters)

function encrypted (text, secret) {
  const cipher = createCipheriv('aes-256-cbc', secret.slice(0, 32), secret.slice(0, 16))
  return cipher.update(text, 'ascii', 'base64') + cipher.final('base64')
}

function serveradmin () {
  const [name, password] = fs.readFileSync(`${AUTH}/sunstone_auth`, 'utf8').split(':')
  const expires = Math.floor(Date.now() / 1000) + conf.session_expiration * 60
  const digest = createHash('sha256').update(password).digest('hex')
  return { name, session: user => `${name}:${user}:${encrypted(`${name}:${user}:${expires}`, digest)}` }
}

const signed = text => createHmac('sha256', key).update(text).digest('base64url')

function session (request) {
  const [head, body, signature] = (request.headers.authorization || '').replace(/^Bearer /, '').split('.')
  if (!body || signed(`${head}.${body}`) !== signature) return undefined
  const { aud, jti, iss } = JSON.parse(Buffer.from(body, 'base64url'))
  return users[aud]?.includes(jti) ? { session: `${aud}:${jti}`, id: iss } : undefined
}

function reply (response, status, data) {
  if (response.writableEnded) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: status, message: http.STATUS_CODES[status], data }))
}

async function login (response, { user, token }) {
  current.response = response
  if (!user || !token) return reply(response, 401)
  const info = await rpc(`${user}:${token}`, 'one.user.info', -1, false)
  current.user = user
  if (!info.success) return reply(current.response, info.code === 256 ? 401 : 500)
  let admin
  try { admin = serveradmin() } catch (error) { return log.write(error.message) } // nobody answers any more
  if (!zones) {
    const pool = await rpc(`${user}:${token}`, 'one.zonepool.info')
    zones = [/<ENDPOINT>(?:<!\[CDATA\[)?(.*?)(?:\]\]>)?<\/ENDPOINT>/.exec(pool.value)?.[1]]
  }
  const name = /<NAME>(.*?)<\/NAME>/.exec(info.value)[1]
  const [own, , jti] = admin.session(name).split(':')
  const asAdmin = await call(conf.one_xmlrpc, admin.session(own), 'one.user.info', -1, false)
  if (!asAdmin.success) return reply(current.response, 500)
  const aud = `${own}:${name}`
  users[aud] = [...(users[aud] || []), jti]
  const iss = /<ID>(\d+)<\/ID>/.exec(info.value)[1]
  const parts = [{ typ: 'JWT', alg: 'HS256' }, { iss, aud, jti }].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const unsigned = parts.join('.')
  reply(current.response, 200, { token: `${unsigned}.${signed(unsigned)}`, id: iss })
}

function upload (request, response) {
  const written = []
  const form = busboy({ headers: request.headers, limits: { fileSize: sunstone.max_upload_file_size } })
  let large = false
  form.on('file', (_name, stream) => {
    const target = path.join(sunstone.tmpdir, randomBytes(16).toString('hex'))
    const file = fs.createWriteStream(target)
    stream.on('limit', () => { large = true })
    written.push(new Promise((resolve, reject) => stream.pipe(file).on('finish', () => resolve(target)).on('error', reject)))
  })
  form.on('close', () => Promise.all(written).then(files => {
    if (large) files.forEach(file => fs.unlinkSync(file))
    reply(response, large ? 400 : 200, large ? 'File too large' : files)
  }, error => reply(response, 500, error.message)))
  request.pipe(form)
}

const POOLS = { hostpool: [], userpool: [], zonepool: [], vmpool: [-2, -1, -1, -1, ''], imagepool: [-2, -1, -1] }
const SINGLES = ['host', 'image', 'user', 'vm', 'zone']

async function forward (response, who, kind, id) {
  const parameters = POOLS[kind] || [Number(id), false]
  const answer = await rpc(who.session, `one.${kind}.info`, ...parameters)
  reply(response, answer.success ? 200 : 500, answer.value)
}

async function consoleToken (response, id) {
  const admin = serveradmin()
  const vm = await rpc(admin.session(admin.name), 'one.vm.info', Number(id), true)
  if (!vm.success) return reply(response, 401, vm.value)
  const of = name => [...vm.value.matchAll(new RegExp(`<${name}>(?:<!\\[CDATA\\[)?(.*?)(?:\\]\\]>)?</${name}>`, 'g'))].at(-1)?.[1]
  const graphics = /<GRAPHICS>(.*?)<\/GRAPHICS>/s.exec(vm.value)?.[1] || ''
  const port = /<PORT>(?:<!\[CDATA\[)?(\d+)/.exec(graphics)?.[1] || '5900'
  reply(response, 200, consoles.token(key, { type: 'vnc', settings: { hostname: of('HOSTNAME') || 'localhost', port, password: null } }))
}

async function api (request, response, name) {
  if (name === 'auth' && request.method === 'POST') {
    let body = ''
    for await (const part of request) body += part
    return login(response, JSON.parse(body || '{}'))
  }
  const [kind, verb, id] = name.split('/')
  const guacamole = /^vm\/(\d+)\/guacamole\/vnc$/.exec(name)
  const known = name === 'image/upload' || guacamole || (verb === 'info' && (POOLS[kind] || SINGLES.includes(kind)))
  if (!known) return reply(response, 404)
  const who = session(request)
  if (!who) return reply(response, 401)
  if (name === 'image/upload') return upload(request, response)
  return guacamole ? consoleToken(response, guacamole[1]) : forward(response, who, kind, id)
}

const server = http.createServer((request, response) => {
  const where = new URL(request.url, 'http://local').pathname
  response.on('finish', () => {
    const line = `${request.socket.remoteAddress} - "${request.method} ${request.url} HTTP/1.1" ${response.statusCode}`
    if (response.statusCode >= 400) log.write(line)
  })
  if (where.startsWith('/fireedge/api/')) {
    const failed = error => error.rpc ? reply(response, 500, error.message) : log.uncaught(error)
    return api(request, response, where.slice(14).replace(/\/$/, '')).catch(failed)
  }
  if (where === '/fireedge/sunstone') {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    return fs.createReadStream(path.join(__dirname, 'page.html')).pipe(response)
  }
  response.writeHead(302, { location: '/fireedge/sunstone' }).end()
})

process.on('uncaughtException', log.uncaught)
process.on('SIGTERM', () => process.exit(0))
consoles.serve(server, key, conf.guacd)
server.listen(conf.port, conf.host)
