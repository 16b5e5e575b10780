/** The field of errors that concern the whole object: how upstream prints an empty path. */
export const wholeObject = '[]'
