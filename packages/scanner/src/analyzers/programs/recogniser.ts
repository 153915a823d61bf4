/** How one program states its own version. Plain data, so that the whole list can be read, tested and counted. */
export interface Recogniser {
  /** Also what evidence stores: it never changes its meaning. */
  readonly id: string;
  /** Base names of the program and of the libraries that are the program (`libpython3.11.so.1.0`). */
  readonly files: RegExp;
  /** Where more than one is there, the first that matches anywhere in the file counts. */
  readonly statements: readonly Statement[];
  /** `<type>/<name>` of the purl. */
  readonly purl: `${'generic' | 'golang'}/${string}`;
  /** `<vendor>:<product>` of the CPEs that advisories use, the usual one first. */
  readonly cpes: readonly `${string}:${string}`[];
  /** Where its authors put the version into the program, or where the bytes were seen. */
  readonly source: string;
  /** `program`: only ELF files are searched. `archive`: any file of the name (PHP archives, which begin as scripts). */
  readonly kind: 'program' | 'archive';
  /**
   * Files that the same build installs, by how their paths start, relative to the folder above `bin` or `lib`. They are
   * explained by the program. `{version}` and `{minor}` (`3.11`) stand for the found version.
   */
  readonly installs?: readonly string[];
}

/** A place in a program that states the version: a literal to look for, and a pattern around it. */
export interface Statement {
  /** Latin-1, at least three characters. `{1}` stands for what the first group of `files` matched. */
  readonly anchor: string;
  /** Bytes before and behind the anchor that the pattern sees; together at most `programStatementBytesMax`. */
  readonly before: number;
  readonly after: number;
  /** Linear; the first group is the version. It sees Latin-1 text: one character is one byte. */
  readonly version: RegExp;
}

/** A version directly behind a literal, or around it. */
export function stated(anchor: string, version: RegExp, room: { before?: number; after?: number } = {}): Statement {
  return { anchor, version, before: room.before ?? 0, after: room.after ?? 64 };
}
