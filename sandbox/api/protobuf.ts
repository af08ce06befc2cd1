import type { Dict } from '../wire.ts'
import { badRequest } from './status.ts'

/** The content type that kubectl's typed clients send. */
export const protobufType = 'application/vnd.kubernetes.protobuf'

type Shape = Readonly<Record<number, readonly [name: string, shape: 'text' | 'number' | 'flag' | 'texts' | 'map' | Shape]>>

const preconditions: Shape = { 1: ['uid', 'text'], 2: ['resourceVersion', 'text'] }
const deleteOptions: Shape = {
  1: ['gracePeriodSeconds', 'number'],
  2: ['preconditions', preconditions],
  3: ['orphanDependents', 'flag'],
  4: ['propagationPolicy', 'text'],
  5: ['dryRun', 'texts'],
}
const metadata: Shape = {
  1: ['name', 'text'],
  2: ['generateName', 'text'],
  3: ['namespace', 'text'],
  5: ['uid', 'text'],
  6: ['resourceVersion', 'text'],
  11: ['labels', 'map'],
  12: ['annotations', 'map'],
}
const mapEntry: Shape = { 1: ['key', 'text'], 2: ['value', 'text'] }
const attributes: Shape = {
  1: ['namespace', 'text'],
  2: ['verb', 'text'],
  3: ['group', 'text'],
  4: ['version', 'text'],
  5: ['resource', 'text'],
  6: ['subresource', 'text'],
  7: ['name', 'text'],
}
const accessReview: Shape = {
  1: ['resourceAttributes', attributes],
  2: ['nonResourceAttributes', { 1: ['path', 'text'], 2: ['verb', 'text'] }],
}

/** The few kinds that kubectl posts in protobuf; field numbers from k8s.io/api's generated.proto. */
const shapes: Readonly<Record<string, Shape>> = {
  DeleteOptions: deleteOptions,
  Eviction: { 1: ['metadata', metadata], 2: ['deleteOptions', deleteOptions] },
  SelfSubjectAccessReview: { 2: ['spec', accessReview] },
  SelfSubjectRulesReview: { 2: ['spec', { 1: ['namespace', 'text'] }] },
  SelfSubjectReview: {},
  Namespace: { 1: ['metadata', metadata] },
  ServiceAccount: { 1: ['metadata', metadata] },
  ConfigMap: { 1: ['metadata', metadata], 2: ['data', 'map'] },
}
const envelope: Shape = { 1: ['type', { 1: ['apiVersion', 'text'], 2: ['kind', 'text'] }] }
const rawField = 2

interface Field {
  readonly number: number
  readonly value: number | Buffer
}

function* fields(bytes: Buffer): Generator<Field> {
  let at = 0
  const varint = () => {
    let value = 0
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw badRequest('protobuf: the message is cut off')
      value += (byte & 0x7f) * shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const key = varint()
    const wire = key % 8
    if (wire !== 0 && wire !== 2) throw badRequest(`protobuf: wire type ${wire} is not read here`)
    const size = varint()
    if (wire === 0) yield { number: Math.floor(key / 8), value: size }
    else {
      yield { number: Math.floor(key / 8), value: bytes.subarray(at, at + size) }
      at += size
    }
  }
}

function decode(bytes: Buffer, shape: Shape): Dict {
  const result: Dict = {}
  for (const { number, value } of fields(bytes)) {
    const known = shape[number]
    if (known === undefined) continue
    const [name, kind] = known
    if (typeof value === 'number') result[name] = kind === 'flag' ? value === 1 : value
    else if (kind === 'texts') result[name] = [...((result[name] as string[] | undefined) ?? []), value.toString()]
    else if (kind === 'map') {
      const entry = decode(value, mapEntry) as { key?: string; value?: string }
      result[name] = { ...(result[name] as Dict | undefined), [entry.key ?? '']: entry.value ?? '' }
    } else if (typeof kind === 'object') result[name] = decode(value, kind)
    else if (value.length > 0) result[name] = value.toString()
  }
  return result
}

/** Reads a Kubernetes protobuf body of one of the few kinds known here into its JSON form; others get 400. */
export function decodeProtobuf(body: Buffer): Dict {
  const message = body.subarray(4)
  const { type } = decode(message, envelope) as { type?: { apiVersion?: string; kind?: string } }
  const shape = shapes[type?.kind ?? '']
  if (shape === undefined) throw badRequest(`the sandbox reads no ${type?.kind} in protobuf: send JSON`)
  const raw = [...fields(message)].find((field) => field.number === rawField)?.value
  return { apiVersion: type?.apiVersion, kind: type?.kind, ...(Buffer.isBuffer(raw) ? decode(raw, shape) : {}) }
}
