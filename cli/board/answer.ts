/** A page as it is answered; `policy` is what browsers let it do. */
export interface Answer {
  readonly status: number
  readonly html: string
  readonly policy: string
}
