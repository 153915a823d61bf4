import { type IgnoreRule, parsePurl } from '@hullcheck/core';
import { EntryFields } from './entry-fields.ts';
import type { YamlFile } from './yaml-entries.ts';

/**
 * `.trivyignore.yaml`: its `vulnerabilities`; misconfigurations, secrets and licences are not judged here.
 * https://trivy.dev/latest/docs/configuration/filtering/#trivyignoreyaml
 */
export function readTrivyYaml(file: YamlFile): readonly IgnoreRule[] {
  return file.entries('vulnerabilities').map((entry) => {
    const fields = new EntryFields(file.path, entry, ['id', 'paths', 'purls', 'expired_at', 'statement']);
    const id = fields.text('id');
    if (id === undefined) throw fields.fault('id', 'a rule must name an id');
    const paths = fields.texts('paths');
    const purls = fields.texts('purls');
    const notPurl = purls?.find((purl) => parsePurl(purl) === undefined);
    if (notPurl !== undefined) throw fields.fault('purls', `${notPurl} is not a purl`);
    return {
      id,
      package: null,
      reason: fields.text('statement') ?? 'no reason given',
      source: fields.source,
      expiresAt: fields.day('expired_at') ?? null,
      scope: { ...(paths === undefined ? {} : { paths }), ...(purls === undefined ? {} : { purls }) },
    };
  });
}
