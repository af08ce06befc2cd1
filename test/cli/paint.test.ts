import { describe, expect, it } from '@jest/globals'
import { commandLines, line, noPaint, painter, wrapped } from '../../cli/view/paint.ts'
import { haltCommandFor } from '../../lib/domain/halt-command.ts'
import { columnsOf, inColumn } from '../../lib/report/columns.ts'
import { table } from '../../lib/report/table.ts'

describe('widths', () => {
  it('count two columns for a letter of Chinese, Japanese or Korean, and none for an accent', () => {
    expect(line(noPaint, 10, '網路分割', ' ', '테스트')).toBe('網路分割 …')
    expect(line(noPaint, 15, '網路分割', ' ', '테스트')).toBe('網路分割 테스트')
    expect(line(noPaint, 9, '網路分割測試')).toBe('網路分割…')
    expect(line(noPaint, 4, 'e\u0301e\u0301e\u0301e\u0301')).toBe('e\u0301e\u0301e\u0301e\u0301')
  })

  it('fill a column to the same width whatever the letters are', () => {
    expect([inColumn('網路分割', 8), inColumn('網路分割測試', 8), inColumn('cut', 8)].map(columnsOf)).toEqual([8, 8, 8])
    expect(inColumn('網路分割測試', 8)).toBe('網路分… ')
    expect(
      table(
        ['step', 'verdict'],
        [
          ['網路', 'ok'],
          ['cut', 'ok'],
        ],
      ),
    ).toEqual(['step  verdict', '網路  ok', 'cut   ok'])
  })

  it('wrap by columns, indents included', () => {
    expect(wrapped('網路 分割 測試', 11, '  ')).toEqual(['  網路 分割', '  測試'])
  })
})

describe('text from outside', () => {
  it('cannot act on a terminal, with and without colours', () => {
    const evil = 'a\u001b[2Jb\u202ec\u009bd\u2066e'
    expect(noPaint('bad', evil)).toBe('a\\u001b[2Jb\\u202ec\\u009bd\\u2066e')
    expect(painter(true)('bad', evil)).toBe('\u001b[31ma\\u001b[2Jb\\u202ec\\u009bd\\u2066e\u001b[39m')
    expect(wrapped(evil, 40, '')).toEqual(['a\\u001b[2Jb\\u202ec\\u009bd\\u2066e'])
  })
})

describe('a command to copy', () => {
  it('is never cut: on a narrow terminal it goes on after a backslash', () => {
    const command = haltCommandFor({ via: { kind: 'sandbox', url: 'http://127.0.0.1:4000' } })
    expect(commandLines(command, 40, ' ')).toEqual([
      ' kubectl --kubeconfig /dev/null \\',
      ' --server http://127.0.0.1:4000 delete \\',
      ' jobs -A -l \\',
      ' app.kubernetes.io/managed-by=faultline',
    ])
    expect(commandLines(command, 120, ' ')).toEqual([` ${command}`])
  })

  it('names the kubeconfig and the context that it is meant for', () => {
    const rest = 'delete jobs -A -l app.kubernetes.io/managed-by=faultline'
    const of = (path: string, context: string) => haltCommandFor({ via: { kind: 'kubeconfig', path, context } })
    expect(of('/home/ana/.kube/config', 'arn:aws:eks:eu-west-1:1:cluster/a')).toBe(
      `kubectl --kubeconfig /home/ana/.kube/config --context arn:aws:eks:eu-west-1:1:cluster/a ${rest}`,
    )
    expect(of('/home/o b/c', "it's")).toBe(`kubectl --kubeconfig '/home/o b/c' --context 'it'\\''s' ${rest}`)
    expect(of('/a:/b', 'x')).toBe(`KUBECONFIG=/a:/b kubectl --context x ${rest}`)
    expect(haltCommandFor({ via: { kind: 'in-cluster' } })).toBe(`kubectl ${rest}`)
  })
})
