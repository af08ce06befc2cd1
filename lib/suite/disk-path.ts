import { posix } from 'node:path'
import * as z from 'zod'
import { quote } from './did-you-mean.ts'

/** As long as a file's name may be (NAME_MAX): deeper mounts are not made by people. */
const longest = 255
/** Filling these would not touch a disk: they are the kernel's own. */
const kernelPaths = ['/proc', '/sys', '/dev']

/** Where a disk is filled: one spelling of one place in the container, that every tool on the way takes literally. */
export const diskPath = z
  .string()
  .refine((text) => pathProblem(text) === undefined, { error: (issue) => pathProblem(String(issue.input)) })
  .meta({ pattern: `^/(?!(${kernelPaths.map((path) => path.slice(1)).join('|')})(/|$))`, maxLength: longest })

function pathProblem(text: string): string | undefined {
  if (!text.startsWith('/')) return `${quote(text)} is not an absolute path: it starts with "/"`
  if (text.length > longest) return `found ${text.length} characters; allowed: at most ${longest}`
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return `${quote(text)} has a control character or half a character in it; neither is allowed`
  if (text.split('/').includes('..')) return `${quote(text)} goes up by "..": write the place itself`
  const plain = posix.normalize(text).replace(/(?<=.)\/$/, '')
  if (plain !== text) return `${quote(text)}: did you mean ${quote(plain)}? Allowed: a path without "//", "/./" and a "/" at its end`
  const kernel = kernelPaths.find((path) => `${text}/`.startsWith(`${path}/`))
  return kernel === undefined ? undefined : `${quote(text)} is not on a disk: ${kernelPaths.join(', ')} are the kernel's own`
}
