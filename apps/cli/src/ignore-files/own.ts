import { type IgnoreRule, parsePurl } from '@hullcheck/core';
import { EntryFields } from './entry-fields.ts';
import type { YamlFile } from './yaml-entries.ts';

/** The `ignore` list of `.hullcheck.yaml`. A reason is asked for: whoever reads the report later has nothing else. */
export function readOwnRules(file: YamlFile): readonly IgnoreRule[] {
  return file.entries('ignore').map((entry) => {
    const fields = new EntryFields(file.path, entry, ['id', 'package', 'paths', 'reason', 'until']);
    const [id, name, reason] = [fields.text('id'), fields.text('package'), fields.text('reason')];
    if (id === undefined && name === undefined) throw fields.fault('id', 'a rule must name an id or a package');
    if (reason === undefined) throw fields.fault('reason', 'a rule must give its reason');
    if (name?.startsWith('pkg:') && parsePurl(name) === undefined)
      throw fields.fault('package', `${name} is not a purl`);
    const paths = fields.texts('paths');
    const isPurl = name?.startsWith('pkg:') === true;
    return {
      id: id ?? null,
      package: null,
      reason,
      source: fields.source,
      expiresAt: fields.day('until') ?? null,
      scope: {
        ...(name === undefined ? {} : isPurl ? { purls: [name] } : { name }),
        ...(paths === undefined ? {} : { paths }),
      },
    };
  });
}
