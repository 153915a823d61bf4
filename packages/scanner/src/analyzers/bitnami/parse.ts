import { formatPurl } from '@hullcheck/core';
import { fieldOf, objectOf, parseJsonObject, stringOf } from '../../formats/json/index.ts';
import { type Readable, readWhole } from '../../formats/text/index.ts';
import { identifierOf } from '../foreign-text.ts';
import { limits } from '../limits.ts';
import type { StatedComponent, StatedResult } from '../stated-components.ts';

/**
 * .bitnami_components.json: the components that make up the image, by name: `{"redis": {"version": "7.4.0-0", "arch": "amd64",
 * "distro": "debian-12"}}`. Images from before 2023 have only this file.
 */
export function parseComponents(file: Readable): StatedResult {
  const bytes = readWhole(file, limits.lockFileBytesMax);
  if (bytes === undefined)
    return { fault: `the file has ${file.sizeBytes} bytes, above lockFileBytesMax`, code: 'limit-exceeded' };
  const document = parseJsonObject(bytes);
  if (document === undefined) return { fault: 'the file is no JSON object of components', code: 'unreadable' };
  const names = Object.keys(document);
  const components = names.slice(0, limits.packagesPerFileMax).flatMap((name): readonly StatedComponent[] => {
    const component = objectOf(document, name);
    const version = identifierOf(
      component === undefined ? undefined : stringOf(component, 'version'),
      limits.versionCharsMax,
    );
    if (component === undefined || version === undefined || identifierOf(name, limits.nameCharsMax) === undefined)
      return [];
    const qualifiers = { arch: stringOf(component, 'arch'), distro: stringOf(component, 'distro') };
    const purl = identifierOf(formatPurl({ type: 'bitnami', name, version, qualifiers }), limits.purlCharsMax);
    return purl === undefined ? [] : [{ purl, cpes: [], licenses: [], needs: [] }];
  });
  const unnamed = names.length - components.length;
  if (components.length === 0 && unnamed > 0 && fieldOf(document, names[0] ?? '') !== null) {
    return { fault: 'none of the components states a version', code: 'unreadable' };
  }
  return { components, unnamed, cut: names.length > limits.packagesPerFileMax };
}
