import { peoplesFunctions, urlAlias, urlOutput } from '../../lib/remote/interface.ts'
import { functionId, logicalId, type Resources } from './names.ts'

/**
 * A URL for each function that people use, behind an alias of its own: AWS signs who calls it, and what was invoked by that name came through
 * the URL, unless IAM allows a person to invoke the alias directly (docs/deploy-eks.md does not).
 */
export function urls(): Resources {
  return Object.fromEntries(
    peoplesFunctions.flatMap((name) => {
      const alias = logicalId(name, 'alias')
      const FunctionName = { Ref: functionId(name) }
      return [
        [alias, { Type: 'AWS::Lambda::Alias', Properties: { Name: urlAlias, FunctionName, FunctionVersion: '$LATEST' } }],
        [
          logicalId(name, 'url'),
          {
            Type: 'AWS::Lambda::Url',
            DependsOn: [alias],
            Properties: {
              TargetFunctionArn: FunctionName,
              Qualifier: urlAlias,
              AuthType: 'AWS_IAM',
              InvokeMode: 'BUFFERED',
            },
          },
        ],
      ]
    }),
  )
}

/** Where the command line finds the URLs. */
export function urlOutputs(): Resources {
  return Object.fromEntries(
    peoplesFunctions.map((name) => [
      urlOutput(name),
      { Description: `For faultline --aws: ${name}`, Value: { 'Fn::GetAtt': [logicalId(name, 'url'), 'FunctionUrl'] } },
    ]),
  )
}
