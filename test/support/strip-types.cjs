// Jest transformer: Node's own type stripping, so that tests run the very text that ships (positions kept, no source maps needed).
const { stripTypeScriptTypes } = require('node:module')

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source) }),
}
