import { type ExactAmount, leastMillicores } from '../domain/exact-amount.ts'
import { mebibytes } from '../domain/quantity.ts'
import type { ResourceKind } from '../domain/suite.ts'
import { quote } from './did-you-mean.ts'

/** The injector takes no more: 256 busy loops, and the rate that `rate` of a degradation may have. */
const mostMillicores = 256_000
const mostKbit = 100_000_000
/** 16 TiB, which is more than any node has of either. */
const mostMib = 16_777_216

type Read = { readonly amount: ExactAmount } | { readonly problem: string }

const forms: Readonly<Record<ResourceKind, string>> = {
  cpu: "`1.5 cores` or `1500m` (0.1 to 256 cores), or `80%` of the container's CPU limit",
  memory: "`512Mi` (1Mi to 16Ti), or `80%` of the container's memory limit",
  disk: "`2Gi` (1Mi to 16Ti), or `80%` of the container's limit of ephemeral-storage",
  network: '`5000 kbit/s`, `5 Mbit/s` or `1 Gbit/s` (1 kbit/s to 100 Gbit/s)',
}

/** The exact amount that a text says of a resource; what is allowed, where it says none. Never throws, whatever the text. */
export function readAmount(kind: ResourceKind, text: string): Read {
  const amount = (kind === 'network' ? null : percentIn(text)) ?? absoluteIn(kind, text)
  return amount === null ? { problem: `${quote(text)} is no amount of ${kind}. Allowed: ${forms[kind]}` } : { amount }
}

function percentIn(text: string): ExactAmount | null {
  const value = Number(/^(\d{1,3}) ?%$/.exec(text)?.[1] ?? 0)
  return value >= 1 && value <= 100 ? { unit: 'percent', value } : null
}

function absoluteIn(kind: ResourceKind, text: string): ExactAmount | null {
  switch (kind) {
    case 'cpu': {
      const [, cores, milli] = /^(?:(\d{1,3}(?:\.\d{1,3})?)(?: ?cores?)?|(\d{1,6})m)$/.exec(text) ?? []
      const value = cores === undefined ? Number(milli ?? 0) : Math.round(Number(cores) * 1000)
      return within(value, leastMillicores, mostMillicores) ? { unit: 'millicores', value } : null
    }
    case 'memory':
    case 'disk': {
      const [, number, unit] = /^(\d{1,15}(?:\.\d{1,3})?) ?([KMGT]i?|ki?)B?$/.exec(text) ?? []
      if (number === undefined || unit === undefined) return null
      const value = Math.floor(mebibytes(`${number}${unit === 'K' ? 'k' : unit}`) ?? 0)
      return within(value, 1, mostMib) ? { unit: 'MiB', value } : null
    }
    case 'network': {
      const [, number, unit = ''] = /^(\d{1,9}(?:\.\d{1,6})?) ?([kMG])bit\/s$/.exec(text) ?? []
      const value = Math.round(Number(number ?? 0) * (kbitOf[unit] ?? 0))
      return within(value, 1, mostKbit) ? { unit: 'kbit/s', value } : null
    }
  }
}

const kbitOf: Readonly<Record<string, number>> = { k: 1, M: 1_000, G: 1_000_000 }

const within = (value: number, least: number, most: number): boolean => value >= least && value <= most
