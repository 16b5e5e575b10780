/** Sends a value made for one answer, such as a Status, in the form that was negotiated. */
import type { SchemaSet } from '../../machinery/schema/types.js'
import { type AcceptedForm, mediaTypes, wantsPretty } from '../negotiate/accept.js'
import { encodeValue } from '../negotiate/serialize.js'
import type { Exchange } from './exchange.js'
import { sendBody } from './send.js'

/** Indented for people: those who ask for it, and their tools. */
export const isPretty = ({ request, query }: Exchange, form: AcceptedForm): boolean =>
  form.pretty || wantsPretty(request.headers['user-agent'], query)

/** `schema` names the value's type. */
export async function sendValue(
  exchange: Exchange,
  { code, value, schema }: { code: number; value: object; schema: string },
  { form, schemas }: { form: AcceptedForm; schemas: SchemaSet },
): Promise<void> {
  const body = await encodeValue(value, form.encoding, { schemas, schema, pretty: isPretty(exchange, form) })
  await sendBody(exchange, code, { contentType: mediaTypes[form.encoding], body })
}
