type Quantities = Readonly<Record<string, string>>

/** What a Job of a suite's own runs: a load, or a check. It gets no rights, no volumes and no token, whatever it is. */
export interface Work {
  readonly image: string
  /** Null: the image's own. */
  readonly command: readonly string[] | null
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** The numeric user it runs as; never 0. */
  readonly user: number
  readonly resources: { readonly requests?: Quantities | undefined; readonly limits?: Quantities | undefined }
  /** Where its Job is; null: in the run's namespace. */
  readonly namespace: string | null
}
