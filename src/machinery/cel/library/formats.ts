/** `format.named()`: the formats that names and fields of the API must have. */
import { nameIsDns1035Label, nameIsDnsLabel, nameIsDnsSubdomain } from '../../name-rules.js'
import { isQualifiedName, isValidLabelValue } from '../../names.js'
import { formatFindings } from '../../structural/formats.js'
import { defineFunction, type FunctionDeclaration } from '../declarations.js'
import { type CelError, type ExtensionValue, newList, Optional, type Value } from '../values.js'
import { parseUrl } from './go-url.js'

interface NamedFormat {
  name: string
  /** What is wrong with a text. */
  errors(text: string): string[]
  /** Upstream's estimate of its pattern's length, for costs. */
  patternLength: number
}

export class FormatValue implements ExtensionValue {
  readonly typeName = 'kubernetes.NamedFormat'
  constructor(readonly format: NamedFormat) {}
  equals(other: ExtensionValue): boolean {
    return other instanceof FormatValue && other.format === this.format
  }
}

const ofSchema = (format: string, message: string) => (text: string) =>
  formatFindings(format, text, '') ? [message] : []

function uriErrors(text: string): string[] {
  try {
    parseUrl(text)
    return []
  } catch (error) {
    return [(error as CelError).message]
  }
}

/** Lengths of upstream's patterns. */
const uuidLength = 70
const dateTimeLength = 71
const base64Length = 84
const urlLength = 1103

const formats: Record<string, NamedFormat> = {
  dns1123Label: { name: 'DNS1123Label', errors: text => nameIsDnsLabel(text, false), patternLength: 30 },
  dns1123Subdomain: { name: 'DNS1123Subdomain', errors: text => nameIsDnsSubdomain(text, false), patternLength: 60 },
  dns1035Label: { name: 'DNS1035Label', errors: text => nameIsDns1035Label(text, false), patternLength: 30 },
  qualifiedName: { name: 'QualifiedName', errors: isQualifiedName, patternLength: 60 },
  dns1123LabelPrefix: { name: 'DNS1123LabelPrefix', errors: text => nameIsDnsLabel(text, true), patternLength: 30 },
  dns1123SubdomainPrefix: {
    name: 'DNS1123SubdomainPrefix',
    errors: text => nameIsDnsSubdomain(text, true),
    patternLength: 60,
  },
  dns1035LabelPrefix: { name: 'DNS1035LabelPrefix', errors: text => nameIsDns1035Label(text, true), patternLength: 30 },
  labelValue: { name: 'LabelValue', errors: isValidLabelValue, patternLength: 40 },
  uri: { name: 'URI', errors: uriErrors, patternLength: urlLength },
  uuid: { name: 'uuid', errors: ofSchema('uuid', 'does not match the UUID format'), patternLength: uuidLength },
  byte: { name: 'byte', errors: ofSchema('byte', 'invalid base64'), patternLength: base64Length },
  date: { name: 'date', errors: ofSchema('date', 'invalid date'), patternLength: dateTimeLength },
  datetime: { name: 'datetime', errors: ofSchema('datetime', 'invalid datetime'), patternLength: dateTimeLength },
}

const values = new Map(Object.entries(formats).map(([name, format]) => [name, new FormatValue(format)]))
const type = 'struct:kubernetes.NamedFormat'

function validate(format: Value | undefined, text: Value | undefined): Value | undefined {
  if (!(format instanceof FormatValue) || typeof text !== 'string') return undefined
  const errors = format.format.errors(text)
  return errors.length ? new Optional(newList(errors)) : Optional.none
}

export const namedFormats: readonly FunctionDeclaration[] = [
  defineFunction('validate', [`format-validate: ${type}.(string) -> optional_type(list(string))`], validate),
  defineFunction('format.named', [`format-named: (string) -> optional_type(${type})`], name => {
    if (typeof name !== 'string') return undefined
    const value = values.get(name)
    return value ? new Optional(value) : Optional.none
  }),
  ...[...values].map(([name, value]) =>
    defineFunction(`format.${name}`, [`format.${name}: () -> ${type}`], () => value),
  ),
]
