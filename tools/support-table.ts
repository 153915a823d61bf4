import type { Analyzer, FileSupport } from '@hullcheck/core';

const KINDS: readonly (readonly [Analyzer['support']['kind'], string])[] = [
  ['system', 'Operating-system packages'],
  ['language', 'Languages'],
  ['binary', 'Programs'],
  ['sbom', 'Bills of materials'],
  ['facts', 'Facts about the image'],
];

/** docs/support.md: what is read, from the analyzers' own description of themselves. */
export function supportTable(analyzers: readonly Analyzer[]): string {
  const sections = KINDS.map(([kind, heading]) =>
    section(
      heading,
      analyzers.filter(({ support }) => support.kind === kind),
    ),
  );
  return `${HEAD}\n${sections.filter((text) => text !== '').join('\n')}`;
}

const HEAD = `# What Hullcheck reads

Generated from the analyzers' catalogue by \`npm run generate\`; don't edit it by hand.

*installed*: the package is there · *locked*: a lock file names it; it counts where the project has nothing installed ·
*declared*: a manifest pins it · *embedded*: a program or archive states it. A dot marks what a file states and Hullcheck takes.
`;

function section(heading: string, analyzers: readonly Analyzer[]): string {
  if (analyzers.length === 0) return '';
  const rows = analyzers
    .toSorted((a, b) => (a.support.title < b.support.title ? -1 : 1))
    .flatMap(({ id, support }) =>
      support.reads.map((file) =>
        row([support.title, `\`${id}\``, purlTypes(support.purlTypes), file.file, ...marks(file)]),
      ),
    );
  return [
    `## ${heading}`,
    '',
    row(['', 'analyzer', 'purl type', 'file', 'states', 'licences', 'direct', 'relations']),
    row(['---', '---', '---', '---', '---', ':-:', ':-:', ':-:']),
    ...rows,
    '',
  ].join('\n');
}

function marks(file: FileSupport): readonly string[] {
  return [file.states, ...[file.licenses, file.direct, file.relations].map((has) => (has === true ? '•' : ''))];
}

function purlTypes(types: readonly string[]): string {
  return types.map((type) => `\`${type}\``).join(', ');
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
