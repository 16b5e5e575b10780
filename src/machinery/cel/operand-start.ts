/** What a syntax error says that it expected. */

/** What may begin an operand, in the order of the grammar, with what may stand there instead: the end of an empty list, say. */
export function operandStart(instead = ''): string {
  const symbols = '[]{}().,-!?'.split('').filter(symbol => '[{(.-!'.includes(symbol) || instead.includes(symbol))
  const quoted = [...symbols, 'true', 'false', 'null'].map(text => `'${text}'`)
  return `{${quoted.join(', ')}, NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}`
}
