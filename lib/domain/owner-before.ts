/** A controller, and how many Ready pods it had. */
export interface OwnerBefore {
  readonly apiVersion: string
  readonly kind: string
  readonly name: string
  readonly uid: string
  readonly ready: number
}
