/** Answers that differ from the stock server's and may: by conversation, the numbers of their steps. */
export const acceptedDifferences = {
  // 9007199254740993 bytes of memory warn of a fraction; 1e999 is taken for the largest quantity upstream.
  quantities: [12, 14],
  // Maps written twice are merged by Go; the place of doubled fields among unknown ones; control characters and texts of YAML's errors.
  'unknown and doubled fields': [4, 7, 9, 10, 14, 16, 19, 21, 22, 26, 38, 40, 43, 45, 46],
  // The parser words its errors in its own way.
  YAML: [24, 25, 26],
  // The words of errors at the end of a message.
  'protobuf that is none': [0, 3, 7],
  // A Content-Type that is empty.
  'types of content': [0],
  // Objects as YAML show managed fields, whose times differ.
  'answers in other forms': [3, 4, 18, 19, 42, 43, 44],
  // Two names that exclude each other.
  selectors: [26],
  // YAML: managed fields and revisions are in the text.
  'lists in other forms': [8, 9],
  // An order that names texts where it should name objects.
  'strategic merge patches': [49],
  // A media type in upper case.
  'what a patch is sent to and as': [12],
  // Preconditions name the revision that is stored.
  'patches that do not change anything, and those that are late': [9, 10],
}
