/** What files of suites end in; of two with one name the first is taken. */
const suiteEndings: readonly string[] = ['.json', '.yaml', '.yml']

/** Whether a file's name says that it is YAML. */
export function isYamlName(file: string): boolean {
  return /\.ya?ml$/i.test(file)
}

/** A suite of a folder: its name, which is its file's without the ending, and that file. */
export interface SuiteFileName {
  readonly name: string
  readonly file: string
}

/** The suites among the files of a folder, in the order of their names; the JSON Schema that lies beside them is none. */
export function suitesAmong(files: readonly string[]): readonly SuiteFileName[] {
  return files
    .flatMap((file) =>
      suiteEndings.filter((ending) => file.endsWith(ending)).map((ending) => ({ name: file.slice(0, -ending.length), file })),
    )
    .filter(({ file }) => file !== 'schema.json')
    .sort((a, b) => (a.file < b.file ? -1 : 1))
}
