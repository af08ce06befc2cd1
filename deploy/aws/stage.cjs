// What serverless.yml asks for: osls requires CommonJS here. Run by Node 24, which reads TypeScript.
const { join } = require('node:path')
const { readForPackage } = require('../../functions/shared/deployment.ts')
const { checkEndpoints, scheduledSuites, watchedSources } = require('./schedules.ts')
const { template } = require('./template.ts')

const root = join(__dirname, '..', '..')
const suites = join(root, 'experiments')

async function forStage({ resolveVariable }, make) {
  const stage = await resolveVariable('sls:stage')
  return make(stage, readForPackage(join(root, 'faultline.config.json'), stage))
}

module.exports = {
  resources: (context) =>
    forStage(context, (stage, deployment) => {
      checkEndpoints(suites, deployment)
      return template(stage, deployment, scheduledSuites(suites), watchedSources(suites))
    }),
  stackTags: (context) => forStage(context, (_, deployment) => deployment.tags),
  logRetentionDays: (context) => forStage(context, (_, deployment) => deployment.logRetentionDays),
  tracing: (context) => forStage(context, (_, deployment) => (deployment.xray ? 'Active' : 'PassThrough')),
}
