/** A small text file in which an installation states its version. */
export interface VersionDocument {
  readonly id: string;
  readonly name: string;
  /** The path must also end so, where the name alone says too little. */
  readonly path?: RegExp;
  /** Undefined: a file of the same name that is something else. */
  readonly version: (text: string) => string | undefined;
  readonly purl: `${'generic' | 'golang'}/${string}`;
  readonly cpes: (version: string) => readonly string[];
  readonly source: string;
  /** How many folders above the file the installation begins; null where its programs are recognised themselves. */
  readonly rootAbove: number | null;
}

const field = (name: string) => new RegExp(`^${name}=["']?(\\d[\\w.+-]{0,60})["']?[ \\t\\r]{0,16}$`, 'm');
const javaVersion = field('JAVA_VERSION');
const graalVersion = field('GRAALVM_VERSION');

export const documents: readonly VersionDocument[] = [
  {
    id: 'openjdk',
    name: 'release',
    version: (text) => javaVersion.exec(text)?.[1],
    purl: 'generic/openjdk',
    cpes: (version) => {
      // Java 8 and older: `1.8.0_392` is update 392 of version 8.
      const update = /^1\.(\d)\.0_(\d{1,4})/.exec(version);
      return update === null
        ? [`oracle:openjdk:${version}`]
        : [`oracle:openjdk:${update[1]}:update${update[2]}`, `oracle:jdk:1.${update[1]}.0:update${update[2]}`];
    },
    source: 'https://openjdk.org/jeps/223',
    rootAbove: 1,
  },
  {
    id: 'graalvm',
    name: 'release',
    version: (text) => graalVersion.exec(text)?.[1],
    purl: 'generic/graalvm',
    cpes: (version) => [`oracle:graalvm:${version}`],
    source: 'https://www.graalvm.org/release-notes/',
    rootAbove: 1,
  },
  {
    id: 'go',
    name: 'VERSION',
    // Releases before 1.21 have neither patch level for `.0` nor a second line.
    version: (text) => /^go(1\.\d{1,3}(?:\.\d{1,3})?(?:(?:rc|beta)\d{1,2})?)(?:\s|$)/.exec(text)?.[1],
    // As the Go vulnerability database files the go command; the standard library is found in what it builds.
    purl: 'golang/toolchain',
    cpes: (version) => [`golang:go:${version}`],
    source: 'https://github.com/golang/go/blob/master/src/cmd/dist/build.go',
    rootAbove: 1,
  },
  {
    id: 'erlang',
    name: 'OTP_VERSION',
    // `**`: somebody applied patches to this installation.
    version: (text) => /^(\d{2}(?:\.\d{1,4}){1,4}(?:-rc\d)?)(?:\*\*)?\s*$/.exec(text)?.[1],
    purl: 'generic/erlang',
    cpes: (version) => [`erlang:erlang\\/otp:${version}`],
    source: 'https://www.erlang.org/doc/system/versions.html',
    rootAbove: 3,
  },
  {
    id: 'elixir',
    name: 'elixir.app',
    path: /(?:^|\/)elixir\/ebin\/elixir\.app$/,
    version: (text) => /\{vsn,\s{0,4}"(\d+\.\d+\.\d+(?:-[a-z0-9]{1,10}(?:\.\d{1,3})?)?)"\}/.exec(text)?.[1],
    purl: 'generic/elixir',
    cpes: (version) => [`elixir-lang:elixir:${version}`],
    source: 'https://github.com/elixir-lang/elixir/blob/main/Makefile',
    rootAbove: null,
  },
];
