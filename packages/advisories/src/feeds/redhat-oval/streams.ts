import type { Platform } from '../red-hat-platform.ts';
import { toPlatform } from '../red-hat-platform.ts';

/** `RHEL8/rhel-8.4-eus-including-unpatched.oval.xml.bz2`: release, then what the stream is of. */
const STREAM =
  /^RHEL([6-9])\/((?:rhel-[6-9](?:\.\d{1,2})?(?:-(?:eus|aus|tus|e4s|els))?|openshift-[34](?:\.\d{1,2})?))(-including-unpatched)?\.oval\.xml\.bz2$/;
/** Red Hat's manifest has some 300 files; twice its products would be another kind of file. */
const STREAMS_MAX = 400;

/**
 * The documents to read of a PULP_MANIFEST (path, SHA-256 and size a line), in its order: of RHEL and OpenShift, because an image names no
 * other product of Red Hat; of each stream the one that has what is not fixed as well.
 */
export function streamsOf(manifest: string): readonly string[] {
  const chosen = new Map<string, string>();
  for (const line of manifest.split('\n')) {
    const path = line.split(',', 1)[0] ?? '';
    const match = STREAM.exec(path);
    if (match === null) continue;
    const stream = `${match[1]}/${match[2]}`;
    if (match[3] !== undefined || !chosen.has(stream)) chosen.set(stream, path);
    if (chosen.size === STREAMS_MAX) break;
  }
  return [...chosen.values()];
}

/**
 * Of what a definition is: by its CPEs, else by the name of its document, because documents of before CPEs were listed are in use in
 * closed networks. Empty: of products that no image names.
 */
export function platformsOf(cpes: readonly string[], document: string): readonly Platform[] {
  if (cpes.length > 0) return cpes.flatMap((cpe) => toPlatform(cpe) ?? []);
  const name =
    /(?:^|\/)(?:rhel-(\d{1,2})(?:\.(\d{1,2}))?(?:-(eus|aus|tus|e4s|els))?)(?:-including-unpatched)?\.oval\.xml/;
  const [matched, major = '', minor, stream] = name.exec(document) ?? [];
  if (matched === undefined) return [];
  const version = minor === undefined ? major : `${major}.${minor}`;
  return [{ ecosystems: [`rhel:${major}`], product: stream === undefined ? null : `rhel_${stream}:${version}` }];
}
