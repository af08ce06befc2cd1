import { Ajv } from 'ajv'
import formats from 'ajv-formats'

/** What a JSON document has that its schema does not allow; empty when it is valid. */
export function schemaErrors(schema: object, document: unknown): readonly string[] {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false, strictRequired: false })
  formats.default(ajv)
  const validate = ajv.compile(schema)
  validate(JSON.parse(JSON.stringify(document)))
  return (validate.errors ?? []).map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)
}
