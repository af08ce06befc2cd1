import type { SuiteVariable } from '../domain/suite.ts'

/** What a variable of a suite stood for, and who said so. */
export function variableText({ name, value, from }: SuiteVariable): string {
  return `\${${name}} is ${JSON.stringify(value)}, ${sources[from]}`
}

const sources: Readonly<Record<SuiteVariable['from'], string>> = {
  said: 'as it was said for this run',
  environment: 'by the environment',
  default: "the suite's default",
}
