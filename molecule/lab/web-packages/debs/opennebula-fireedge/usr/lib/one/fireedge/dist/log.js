// Copyright (c) 2026 KubeNebula contributors
// SPDX-License-Identifier: Apache-2.0
'use strict'
// fireedge.log, then fireedge1.log, fireedge2.log, … after 5 MiB each; nothing more after the first uncaught exception.
const fs = require('fs')

const LARGEST = 5 * 1024 * 1024
let number = 0
let longest = 150
let silent = false

const file = () => `/var/log/one/fireedge${number || ''}.log`
const size = () => fs.existsSync(file()) ? fs.statSync(file()).size : 0

exports.open = length => {
  longest = length ?? longest
  exports.write('Server running')
}

exports.write = text => {
  if (silent) return
  while (size() >= LARGEST) number++
  const shown = longest === -1 || text.length <= longest ? text : `${text.slice(0, longest - 3)}...`
  fs.appendFileSync(file(), `[${new Date().toISOString()}] - [error] ${shown}\n`)
}

exports.uncaught = error => {
  exports.write(`uncaughtException: ${error.message}`)
  silent = true
}
