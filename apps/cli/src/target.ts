import { Fault } from '@hullcheck/core';

/** What a user named: a scheme and the rest. `image` has no scheme and is looked for as Docker would. */
export type Target =
  | { readonly scheme: 'image' | 'registry' | 'docker' | 'podman' | 'containerd'; readonly reference: string }
  | {
      readonly scheme: 'docker-archive' | 'oci-archive' | 'oci-dir' | 'dir' | 'sbom' | 'purl-file';
      readonly path: string;
    }
  | { readonly scheme: 'archive'; readonly path: string }
  | { readonly scheme: 'purl'; readonly purl: string }
  | { readonly scheme: 'stdin' };

const fileSchemes = {
  'docker-archive': 'docker-archive',
  'oci-archive': 'oci-archive',
  'oci-dir': 'oci-dir',
  dir: 'dir',
  sbom: 'sbom',
  purl: 'purl-file',
} as const;

/** Parses `<image>` of the command line. Fault `invalid-input` with the right spelling for habits of other tools. */
export function parseTarget(text: string): Target {
  if (text === '-') return { scheme: 'stdin' };
  if (text === '') throw new Fault('invalid-input', 'the image is empty');
  if (text.startsWith('pkg:')) return { scheme: 'purl', purl: text };
  const colon = text.indexOf(':');
  const scheme = colon === -1 ? '' : text.slice(0, colon);
  const rest = text.slice(colon + 1);
  if (Object.hasOwn(fileSchemes, scheme)) {
    if (rest === '') throw new Fault('invalid-input', `${scheme}: names no file`);
    return { scheme: fileSchemes[scheme as keyof typeof fileSchemes], path: rest };
  }
  if (scheme === 'registry' || scheme === 'docker' || scheme === 'podman' || scheme === 'containerd') {
    if (rest === '') throw new Fault('invalid-input', `${scheme}: names no image`);
    return { scheme, reference: rest.replace(/^\/\//, '') };
  }
  if (scheme === 'oci' || scheme === 'oci-layout')
    throw new Fault('invalid-input', `${scheme}: is spelled oci-dir: here`, { hint: `Try oci-dir:${rest}` });
  if (scheme === 'docker-daemon')
    throw new Fault('invalid-input', 'docker-daemon: is spelled docker: here', { hint: `Try docker:${rest}` });
  if (scheme === 'http' || scheme === 'https')
    throw new Fault('invalid-input', `${text} is an address, not an image`, { hint: 'Name it as host/repository:tag' });
  // No reference starts so: it is the path that other tools take without a scheme.
  if (/^[./~]/.test(text))
    throw new Fault('invalid-input', `${text} is a path, and its kind must be named`, {
      hint: `Try docker-archive:${text} for what docker save wrote, oci-archive:, oci-dir:, dir: or sbom:`,
    });
  return { scheme: 'image', reference: text };
}
