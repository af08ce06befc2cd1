import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { sha256 } from '../../lib/domain/sha256.ts'

// The examples of FIPS 180-2, and lengths around the ends of a block.
test.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
])('the digest of %j is the one of the standard', (text, digest) => {
  expect(sha256(text)).toBe(digest)
})

test('the digest is that of any other SHA-256, whatever the text’s length and script', () => {
  for (const length of [54, 55, 56, 63, 64, 65, 119, 120, 1000]) {
    const text = 'Prüfung 测试 🙂 '.repeat(length).slice(0, length)
    expect([length, sha256(text)]).toEqual([length, createHash('sha256').update(text).digest('hex')])
  }
})
