const { execFileSync } = require('node:child_process')

/** Packages once for all tests, without network or credentials, unless the caller just did. */
module.exports = async () => {
  if (process.env.FAULTLINE_PACKAGED === '1') return
  const { AWS_PROFILE: _, AWS_REGION: __, ...env } = process.env
  execFileSync(process.execPath, ['node_modules/osls/bin/serverless.js', 'package'], { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
