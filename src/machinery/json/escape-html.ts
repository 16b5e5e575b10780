/** JSON as Go prints it: what could end a script in a page is escaped. */

const escapes: Readonly<Record<string, string>> = {
  '<': '\\u003c',
  '>': '\\u003e',
  '&': '\\u0026',
  '\u2028': '\\u2028',
  '\u2029': '\\u2029',
}

const escaped = /[<>&\u2028\u2029]/

/** `json` is a JSON text: outside of strings these characters do not occur. */
export const escapeHtml = (json: string): string =>
  escaped.test(json) ? json.replace(/[<>&\u2028\u2029]/g, character => escapes[character]!) : json
