import { Fault } from '@hullcheck/core';
import { formatReference, isLoopbackHost } from '@hullcheck/registry';
import { parseDatabaseReference } from './artifact.ts';

/** Where ready databases come from: an artifact of a registry, or somebody's console. */
export type DatabaseOrigin =
  | { readonly kind: 'oci'; readonly reference: string; readonly registry: string }
  | { readonly kind: 'console'; readonly url: string };

/** `oci:REF` or the address of a console. Fault `invalid-input`. */
export function parseDatabaseSource(text: string): DatabaseOrigin {
  if (/^(?:oci|docker):/.test(text)) {
    const reference = parseDatabaseReference(text);
    return { kind: 'oci', reference: formatReference(reference), registry: reference.registry };
  }
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new Fault('invalid-input', 'not a source of databases', {
      place: text.slice(0, 200),
      hint: 'Write oci:registry.example.com/hullcheck/database or https://console.example.com.',
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new Fault('invalid-input', 'the address of a console holds no user name', {
      place: url.host,
      hint: 'Give its token in HULLCHECK_TOKEN.',
    });
  }
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname)) {
    throw new Fault('invalid-input', 'a console on another machine is reached over https', { place: url.host });
  }
  return { kind: 'console', url: url.origin };
}
