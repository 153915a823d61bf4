import { cleanText } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { Manifest } from './parse-manifest.ts';

/** Names under which two licences stand in most poms. Others are kept as they are: `BSD License` is several. */
const NAMES: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^(?:the )?apache(?: software)? licen[sc]e,? ?(?:version |v)?2(?:\.0)?$/i, 'Apache-2.0'],
  [/^apache[ -]v?2(?:\.0)?$/i, 'Apache-2.0'],
  [/^(?:the )?mit(?: licen[sc]e)?$/i, 'MIT'],
];

/** Licences of which archives state only an address. The first pattern that fits the address without scheme counts. */
const ADDRESSES: readonly (readonly [pattern: RegExp, id: string])[] = [
  [/^(?:www\.)?apache\.org\/licenses\/license-2\.0/, 'Apache-2.0'],
  [/^(?:www\.)?opensource\.org\/licenses\/apache(?:-)?2\.0/, 'Apache-2.0'],
  [/^(?:www\.)?(?:opensource\.org\/licenses\/mit|mit-license\.org)/, 'MIT'],
  [/^(?:www\.)?opensource\.org\/licenses\/bsd-3-clause/, 'BSD-3-Clause'],
  [/^(?:www\.)?opensource\.org\/licenses\/bsd-2-clause/, 'BSD-2-Clause'],
  [/^(?:www\.)?eclipse\.org\/(?:legal\/epl-2\.0|legal\/epl-v20|org\/documents\/epl-2\.0)/, 'EPL-2.0'],
  [/^(?:www\.)?eclipse\.org\/(?:legal\/epl-v10|org\/documents\/epl-v10)/, 'EPL-1.0'],
  [/^(?:www\.)?eclipse\.org\/org\/documents\/edl-v10/, 'BSD-3-Clause'],
  [/^(?:www\.)?mozilla\.org\/(?:en-us\/)?mpl\/2\.0/, 'MPL-2.0'],
  [/^(?:www\.)?gnu\.org\/licenses\/(?:old-licenses\/)?lgpl-2\.1/, 'LGPL-2.1-only'],
  [/^(?:www\.)?gnu\.org\/licenses\/(?:old-licenses\/)?gpl-2\.0/, 'GPL-2.0-only'],
  [/^(?:www\.)?creativecommons\.org\/publicdomain\/zero\/1\.0/, 'CC0-1.0'],
];

/** Licences as the pom names them, cleaned: white space folded, addresses as SPDX ids where they are known, each once. */
export function toLicenses(stated: readonly string[]): readonly string[] {
  const licenses = stated
    .map((license) => cleanText(license.replace(/\s+/g, ' ').trim(), limits.licenseCharsMax))
    .filter((license) => license !== '' && license !== '<<EXTERNAL>>' && !license.includes('${'))
    .map(spdxOf);
  return [...new Set(licenses)].slice(0, limits.licensesPerPackageMax);
}

/**
 * Licences that the manifest names: Plugin-License-Name of Jenkins, else Bundle-License, a list of names or addresses with attributes:
 * `Apache-2.0;link="https://…", https://…/MIT`. https://docs.osgi.org/specification/osgi.core/8.0.0/framework.module.html#framework.module-bundle-license
 */
export function manifestLicenses(manifest: Manifest): readonly string[] {
  const plugin = [...manifest].filter(([name]) => name.startsWith('plugin-license-name')).map(([, value]) => value);
  if (plugin.length > 0) return toLicenses(plugin);
  // Many forget the quotes around `Apache License, Version 2.0`.
  const header = (manifest.get('bundle-license') ?? '').replace(/, ?(?=version \d)/gi, ' ');
  return toLicenses(
    splitUnquoted(header, ',').map((entry) => (splitUnquoted(entry, ';')[0] ?? '').trim().replaceAll('"', '')),
  );
}

function spdxOf(license: string): string {
  const address = /^https?:\/\/(.+)$/i.exec(license)?.[1]?.toLowerCase();
  const [table, text] = address === undefined ? [NAMES, license] : [ADDRESSES, address];
  return table.find(([pattern]) => pattern.test(text))?.[1] ?? license;
}

/** A separator in double quotes is text; a backslash there keeps the character after it. */
function splitUnquoted(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\' && quoted) at++;
    else if (character === '"') quoted = !quoted;
    else if (character === separator && !quoted) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  parts.push(text.slice(start));
  return parts;
}
