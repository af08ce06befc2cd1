import { signV4 } from '../../lib/adapters/aws/sigv4.ts'
import type { LocalAws } from '../../sandbox/aws/local-aws.ts'
import { localPerson } from '../../sandbox/aws/local-aws.ts'
import type { Person } from '../../sandbox/aws/verify-signature.ts'

/** A signed request to the URL of a function, and what came back. */
export async function callUrl(aws: LocalAws, name: string, payload: object, person: Person = localPerson) {
  const { region, urls } = aws.installation
  const call = { url: urls[name] ?? '', method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(payload) }
  const headers = await signV4(call, { service: 'lambda', region, credentials: person })
  const response = await fetch(call.url, { method: 'POST', headers, body: call.body })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, answer: text.startsWith('{') ? JSON.parse(text) : undefined }
}
