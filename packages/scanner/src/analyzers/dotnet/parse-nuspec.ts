import { stringOf } from '../../formats/json/index.ts';
import { visitXml } from '../../formats/xml/index.ts';
import { cleanText, identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';

export interface Nuspec {
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly string[];
}

const decoder = new TextDecoder('utf-8');

/** A package's own manifest. https://learn.microsoft.com/nuget/reference/nuspec */
export function parseNuspec(bytes: Uint8Array): Nuspec | undefined {
  const fields = new Map<string, string>();
  let licenseIsExpression = false;
  const outcome = visitXml(decoder.decode(bytes), {
    open(path, attributes) {
      if (path.length === 3 && path[2] === 'license')
        licenseIsExpression = stringOf(attributes, 'type') === 'expression';
    },
    close(path, text) {
      const [root, metadata, field] = path;
      if (path.length === 3 && root === 'package' && metadata === 'metadata' && field !== undefined)
        fields.set(field, text);
    },
  });
  const name = identifierOf(fields.get('id'), limits.nameCharsMax);
  const version = identifierOf(fields.get('version'), limits.versionCharsMax);
  if (outcome !== 'whole' || name === undefined || version === undefined) return undefined;
  const license = licenseIsExpression ? (fields.get('license') ?? '') : '';
  return { name, version, licenses: license === '' ? [] : [cleanText(license, limits.licenseCharsMax)] };
}
