// Copyright (c) 2026 KubeNebula contributors
// SPDX-License-Identifier: Apache-2.0
'use strict'
// Calls oned by XML-RPC.

const escape = text => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
const unescape = text => text.replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&quot;/g, '"').replace(/&#(\d+);/g, (_, code) => String.fromCharCode(code)).replace(/&amp;/g, '&')

const encode = value => {
  if (typeof value === 'number') return `<i4>${value}</i4>`
  if (typeof value === 'boolean') return `<boolean>${Number(value)}</boolean>`
  return `<string>${escape(value)}</string>`
}

// Resolves to {success, value, code}; rejects with an error whose `rpc` is true where oned gives no answer.
exports.call = async (url, session, method, ...parameters) => {
  const values = [session, ...parameters].map(value => `<param><value>${encode(value)}</value></param>`)
  const body = `<?xml version="1.0"?><methodCall><methodName>${method}</methodName><params>${values.join('')}</params></methodCall>`
  let text
  try {
    text = await (await fetch(url, { method: 'POST', body, headers: { 'content-type': 'text/xml', connection: 'close' } })).text()
  } catch (error) {
    throw Object.assign(new Error(`oned does not answer at ${url}`), { rpc: true })
  }
  const value = /<string>(.*?)<\/string>/s.exec(text)
  const codes = [...text.matchAll(/<(?:i4|int)>(-?\d+)</g)]
  return { success: /<boolean>1</.test(text), value: value ? unescape(value[1]) : '', code: Number(codes[0]?.[1]) }
}
