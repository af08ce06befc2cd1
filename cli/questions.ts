import { FaultlineError } from '../lib/domain/errors.ts'
import { notAllowed } from '../lib/suite/did-you-mean.ts'
import { print, type Terminal } from './terminal.ts'

/** So often an answer that is none is asked for again. */
const mostTries = 3

/** Questions to a person at a terminal, each with a proposal that an empty line takes. */
export class Questions {
  readonly #terminal: Pick<Terminal, 'out' | 'stdin'>
  readonly #takesProposals: boolean
  #lines: AsyncIterator<string> | undefined

  constructor(terminal: Pick<Terminal, 'out' | 'stdin'>, takesProposals: boolean) {
    this.#terminal = terminal
    this.#takesProposals = takesProposals
  }

  /** One of the words. @throws FaultlineError `bad_input` when no answer was one of them */
  async choose(what: string, words: readonly string[], proposed = words[0] ?? ''): Promise<string> {
    if (this.#takesProposals || words.length === 1) return proposed
    const { out } = this.#terminal
    print(out, `${what}: ${words.join(', ')}`)
    for (let tries = 0; tries < mostTries; tries++) {
      out.write(`${what} [${proposed}]: `)
      const answer = (await this.#line()).trim()
      if (answer === '') return proposed
      if (words.includes(answer)) return answer
      print(out, notAllowed(answer, words))
    }
    throw new FaultlineError('bad_input', `no ${what} was chosen: nothing is written`)
  }

  /** What is typed, without the blanks around it; '' where the input has ended. */
  async typed(what: string): Promise<string> {
    this.#terminal.out.write(what)
    this.#lines ??= linesOf(this.#terminal.stdin())
    const { value, done } = await this.#lines.next()
    return done === true ? '' : value.trim()
  }

  /** The next line; an end of input is no answer. */
  async #line(): Promise<string> {
    this.#lines ??= linesOf(this.#terminal.stdin())
    const { value, done } = await this.#lines.next()
    if (done === true) throw new FaultlineError('bad_input', 'the input ended before everything was answered: nothing is written')
    return value
  }
}

async function* linesOf(stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest = ''
  for await (const part of stream) {
    const lines = `${rest}${part.toString('utf8')}`.split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
}
