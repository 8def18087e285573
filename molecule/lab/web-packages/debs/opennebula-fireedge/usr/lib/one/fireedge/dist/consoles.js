// Copyright (c) 2026 KubeNebula contributors
// SPDX-License-Identifier: Apache-2.0
'use strict'
// /fireedge/guacamole: between a browser's WebSocket and guacd. The token says where to, encrypted with fireedge_key.
const { createCipheriv, createDecipheriv, randomBytes } = require('crypto')
const net = require('net')
const { WebSocketServer } = require('ws')

const IDLE = 10000 // milliseconds without data in either direction
const CIPHER = 'aes-256-cbc'

exports.token = (key, connection) => {
  const iv = randomBytes(16)
  const cipher = createCipheriv(CIPHER, key, iv)
  const value = cipher.update(JSON.stringify({ connection }), 'utf8', 'base64') + cipher.final('base64')
  return Buffer.from(JSON.stringify({ iv: iv.toString('base64'), value })).toString('base64')
}

function decrypted (key, token) {
  const { iv, value } = JSON.parse(Buffer.from(token, 'base64'))
  const decipher = createDecipheriv(CIPHER, key, Buffer.from(iv, 'base64'))
  return JSON.parse(decipher.update(value, 'base64', 'utf8') + decipher.final('utf8')).connection
}

const instruction = (...words) => words.map(word => `${[...String(word ?? '')].length}.${word ?? ''}`).join(',') + ';'
const words = text => [...text.matchAll(/\d+\.(.*?)[,;]/gs)].map(match => match[1])

function handshake (args, { settings }, query) {
  const size = [query.get('width') || 1024, query.get('height') || 768, query.get('dpi') || 96]
  return instruction('size', ...size) + instruction('audio') + instruction('video') +
    instruction('image', 'image/png', 'image/jpeg') + instruction('connect', ...args.map(name => settings[name]))
}

function relay (socket, connection, query, guacd) {
  const daemon = net.connect(guacd.port, guacd.host, () => daemon.write(instruction('select', connection.type)))
  let received = ''
  let ready = false
  let active = Date.now()
  const idle = setInterval(() => { if (Date.now() - active > IDLE) end() }, 1000)
  const end = () => { clearInterval(idle); daemon.destroy(); socket.close(1000) }
  daemon.setEncoding('utf8')
  daemon.on('data', text => {
    active = Date.now()
    received += text
    const last = received.lastIndexOf(';') + 1
    const [whole, rest] = [received.slice(0, last), received.slice(last)]
    received = rest
    if (!whole) return
    if (ready) return socket.send(whole)
    ready = true
    daemon.write(handshake(words(whole).slice(1), connection, query))
  })
  socket.on('message', text => { active = Date.now(); daemon.write(String(text)) })
  for (const source of [daemon, socket]) source.on('close', end).on('error', end)
}

exports.serve = (server, key, guacd) => {
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: names => names.has('guacamole') && 'guacamole' })
  server.on('upgrade', (request, stream, head) => {
    const { pathname, searchParams } = new URL(request.url, 'http://local')
    if (pathname !== '/fireedge/guacamole') return stream.destroy()
    if (!searchParams.has('token')) throw new TypeError('the token is undefined')
    sockets.handleUpgrade(request, stream, head, socket => {
      let connection
      try {
        connection = decrypted(key, searchParams.get('token'))
      } catch {
        return socket.close(1000)
      }
      relay(socket, connection, searchParams, guacd)
    })
  })
}
