/** Replaces `$(VAR)` in commands, arguments, values and paths; `$$` is a dollar, an unknown name stays as it is. Pure. */

/** `unknown` is called with each name that `variables` does not have. */
export function expandVariables(
  text: string,
  variables: ReadonlyMap<string, string>,
  unknown?: (name: string) => void,
): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (written, body: string, name: string | undefined) => {
    if (body === '$') return '$'
    const value = variables.get(name!)
    if (value === undefined) unknown?.(name!)
    return value ?? written
  })
}
