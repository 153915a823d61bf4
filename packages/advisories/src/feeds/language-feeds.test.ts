import { describe, expect, it } from 'vitest';
import type { FeedItem } from './feed.ts';
import { hsecItems } from './haskell-hsec/parse.ts';
import { friendsOfPhpItems } from './php-friendsofphp/parse.ts';
import { rubysecItems } from './ruby-rubysec/parse.ts';
import { rustsecItems } from './rust-rustsec/parse.ts';

const reasonOf = (item: FeedItem | undefined): string | undefined =>
  item?.kind === 'skipped' ? `${item.record}: ${item.problem.detail}` : item?.kind;
const only = (items: Iterable<FeedItem>): FeedItem | undefined => [...items][0];

describe('RustSec', () => {
  const toml = (more: string, versions = 'patched = [">= 1.2.3"]\nunaffected = ["< 1.0.0"]'): string =>
    `\`\`\`toml\n[advisory]\nid = "RUSTSEC-2024-0001"\npackage = "Some_Crate"\ndate = "2024-01-02"\n${more}\n[versions]\n${versions}\n\`\`\`\n# Title\n`;
  const read = (text: string): FeedItem | undefined => only(rustsecItems(text, 'x.md', 'rust-rustsec'));

  it('is the complement of patched and unaffected', () => {
    const item = read(
      toml(
        'aliases = ["CVE-2024-1"]\ncvss = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"\nurl = "https://example.org/a"',
      ),
    );
    expect(item).toMatchObject({
      kind: 'advisory',
      advisory: {
        id: 'RUSTSEC-2024-0001',
        aliases: ['CVE-2024-1'],
        published: '2024-01-02T00:00:00Z',
        withdrawn: null,
        cvss: [{ source: 'rust-rustsec' }],
        references: [{ url: 'https://example.org/a' }],
        affected: [
          {
            ecosystem: 'cargo',
            name: 'Some_Crate',
            scheme: 'cargo',
            ranges: [{ introduced: '1.0.0', fixed: '1.2.3', lastAffected: null }],
          },
        ],
      },
    });
  });

  it('keeps what is withdrawn, and tells what is about the project by its word, and files the toolchain elsewhere', () => {
    expect(read(toml('withdrawn = "2024-02-01"'))).toMatchObject({ advisory: { withdrawn: '2024-02-01T00:00:00Z' } });
    for (const urgency of ['unsound', 'unmaintained', 'notice']) {
      expect(read(toml(`informational = "${urgency}"`))).toMatchObject({ advisory: { affected: [{ urgency }] } });
    }
    expect(read(toml('collection = "rust"'))).toMatchObject({ advisory: { affected: [{ ecosystem: 'rust' }] } });
  });

  it('names what it can not read', () => {
    expect(reasonOf(read(toml('', 'patched = ["newest"]')))).toContain('can not be read');
    expect(reasonOf(read('# no block'))).toContain('no RustSec advisory');
    expect(reasonOf(read('```toml\nid = \n```'))).toContain('not valid TOML');
  });
});

describe('RubySec', () => {
  const read = (text: string, place = 'a/gems/rack/CVE-2024-9.yml'): FeedItem | undefined =>
    only(rubysecItems(text, place, 'ruby-rubysec'));

  it('reads versions as text and takes CVE before GHSA', () => {
    const text =
      'gem: rack\ncve: 2024-1234\nghsa: aaaa-bbbb-cccc\ndate: 2024-05-01\nurl: https://example.org/\nunaffected_versions:\n- "< 1.10"\npatched_versions:\n- "~> 2.2.8, >= 2.2.8.1"\n- ">= 3.0.9.1"\n';
    expect(read(text)).toMatchObject({
      advisory: {
        id: 'CVE-2024-1234',
        aliases: ['GHSA-aaaa-bbbb-cccc'],
        affected: [
          {
            ecosystem: 'gem',
            name: 'rack',
            ranges: [
              { introduced: '1.10', fixed: '2.2.8.1' },
              { introduced: '2.3.a', fixed: '3.0.9.1' },
            ],
          },
        ],
      },
    });
  });

  it('without patched versions affects all; an interpreter is no gem; the file names what has no id', () => {
    expect(read('gem: rack\n')).toMatchObject({
      advisory: { id: 'CVE-2024-9', affected: [{ ranges: [], status: 'affected' }] },
    });
    expect(read('engine: ruby\ncve: 2024-1234\n')).toMatchObject({ advisory: { affected: [{ ecosystem: 'ruby' }] } });
  });

  it('names what it can not read', () => {
    expect(reasonOf(read('gem: rack\npatched_versions: ["!= 2"]\n'))).toContain('can not be read');
    expect(reasonOf(read('gem: rack\n', 'a/gems/rack/x.yml'))).toContain('has no id');
    expect(reasonOf(read('gem: [\n'))).toContain('not valid YAML');
  });
});

describe('FriendsOfPHP', () => {
  const read = (text: string): FeedItem | undefined =>
    only(friendsOfPhpItems(text, 'x/typo3/cms/2014-10-22-1.yaml', 'php-friendsofphp'));
  const branches = (versions: string): string =>
    `branches:\n  1.x:\n    time: 2020-01-02 10:00:00\n    versions: ${versions}\n`;

  it('has a range per branch, and words for what is no range', () => {
    const text = `reference: composer://TYPO3/cms\ncve: CVE-2014-1000\nlink: https://example.org/\n${branches("['>=6.2.0', '<6.2.6']")}  2.x:\n    time: null\n    versions: ['>7.0', '<=7.1']\n`;
    expect(read(text)).toMatchObject({
      advisory: {
        id: 'CVE-2014-1000',
        published: '2020-01-02T10:00:00Z',
        affected: [{ name: 'typo3/cms', ranges: [{ introduced: '6.2.0', fixed: '6.2.6' }], expression: '>7.0,<=7.1' }],
      },
    });
  });

  it('is named by its file where it has no CVE', () => {
    expect(read(`reference: composer://typo3/cms\ncve: ~\n${branches("['<1.2']")}`)).toMatchObject({
      advisory: { id: 'FOP/typo3/cms/2014-10-22-1' },
    });
  });

  it('names what it can not read', () => {
    expect(reasonOf(read(`reference: composer://a/b\n${branches("['dev-master']")}`))).toContain('can not be read');
    expect(reasonOf(read(`reference: pear://a\n${branches("['<1']")}`))).toContain('no advisory on a package');
  });
});

describe('HSEC', () => {
  it('has ranges by package; components of the compiler are not on Hackage', () => {
    const block = (affected: string): string =>
      `\`\`\`toml\n[advisory]\nid = "HSEC-2023-0009"\ncwe = [20]\naliases = ["CVE-2017-1"]\n\n${affected}\n\`\`\`\n`;
    const named = block(
      '[[affected]]\npackage = "git-annex"\n[[affected.versions]]\nintroduced = "0"\nfixed = "6.1"\n',
    );
    expect(only(hsecItems(named, 'x.md', 'haskell-hsec'))).toMatchObject({
      advisory: {
        categories: ['CWE-20'],
        affected: [{ ecosystem: 'hackage', name: 'git-annex', ranges: [{ introduced: null, fixed: '6.1' }] }],
      },
    });
    const compiler = block('[[affected]]\nghc-component = "ghc"\n[[affected.versions]]\nintroduced = "0"\n');
    expect(reasonOf(only(hsecItems(compiler, 'x.md', 'haskell-hsec')))).toContain('names no package of Hackage');
  });
});
