/** The message of whatever was thrown; also of an error of another realm, for which `instanceof` does not hold. */
export function errorText(error: unknown): string {
  const { message } = Object(error) as { readonly message?: unknown }
  return typeof message === 'string' ? message : String(error)
}
