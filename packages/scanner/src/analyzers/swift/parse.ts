import { fieldOf, type JsonObject, objectOf, parseJsonObject, stringOf, toObject } from '../../formats/json/index.ts';
import { repositoryAddress } from '../../formats/repository-address.ts';
import { LockedPackages, type LockResult } from '../locked-packages.ts';

/**
 * Package.resolved: the pins of Swift's package manager. A package is named by the address of its repository
 * (`github.com/apple/swift-nio`), or by scope and name where a registry published it (`mona.LinkedList`). Pins to a branch or revision
 * have no version to judge. https://github.com/swiftlang/swift-package-manager/blob/main/Sources/PackageGraph/ModulesGraph%2BLoading.swift
 */
export function parsePackageResolved(bytes: Uint8Array): LockResult {
  const document = parseJsonObject(bytes);
  const version = document === undefined ? undefined : fieldOf(document, 'version');
  if (document === undefined || typeof version !== 'number')
    return { fault: 'the file is not JSON with a version, as Swift writes it', code: 'unreadable' };
  if (version > NEWEST) return { fault: `version ${version} of Package.resolved is not known`, code: 'unsupported' };
  const holder = version === 1 ? objectOf(document, 'object') : document;
  const pins = holder === undefined ? undefined : fieldOf(holder, 'pins');
  if (!Array.isArray(pins)) return { fault: 'the file has no list of pins', code: 'unreadable' };
  const locked = new LockedPackages();
  for (const value of pins) {
    const pin = toObject(value);
    const name = pin === undefined ? undefined : nameOf(pin);
    if (pin === undefined || name === undefined) continue;
    const state = objectOf(pin, 'state');
    const pinned = state === undefined ? undefined : stringOf(state, 'version');
    locked.add({ name, version: pinned, dev: false, direct: null });
  }
  return locked.result();
}

const NEWEST = 3;

function nameOf(pin: JsonObject): string | undefined {
  if (stringOf(pin, 'kind') === 'registry') {
    const [scope, name, ...more] = (stringOf(pin, 'identity') ?? '').split('.');
    return scope && name && more.length === 0 ? `${scope}/${name}` : undefined;
  }
  const address = repositoryAddress(stringOf(pin, 'location') ?? stringOf(pin, 'repositoryURL') ?? '');
  return address === undefined ? undefined : [address.host, ...address.path].join('/');
}
