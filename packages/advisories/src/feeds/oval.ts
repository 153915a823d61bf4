import { Fault } from '@hullcheck/core';
import { OVAL_TESTS_MAX } from './limits.ts';
import { childrenOf, findChild, type XmlElement, xmlRecords } from './xml.ts';

/** A document that can be read from its start more than once. */
export interface OvalSource {
  readonly path: string;
  bytes(): AsyncIterable<Uint8Array>;
}

/** What an installed rpm is compared with. */
export interface OvalState {
  readonly evr: { readonly operation: string; readonly value: string } | null;
  readonly version: { readonly operation: string; readonly value: string } | null;
  /** Of the architecture: names joined by `|`, perhaps in brackets. */
  readonly architecture: string | null;
  /** Whether the key of the signature is asked for. */
  readonly signed: boolean;
}

/** What one `test_ref` stands for. */
export interface OvalTest {
  /** `rpminfo_test`, `textfilecontent54_test` …: the element's name. */
  readonly type: string;
  /** Name of the package; null where the test is about something else. */
  readonly name: string | null;
  readonly states: readonly OvalState[];
  /** Whether it holds where no such package is installed (`none_exist`, or `none satisfy`): SUSE's live patches. */
  readonly isAbsence: boolean;
}

export interface OvalDocument {
  /** When the document was made, as it says; null where it doesn't. */
  readonly timestamp: string | null;
  /** By id; undefined for a test that the document does not have. */
  readonly findTest: (id: string) => OvalTest | undefined;
  /** The definitions, one at a time. */
  readonly definitions: AsyncGenerator<XmlElement>;
}

interface TestReferences {
  readonly type: string;
  readonly object: string;
  readonly states: readonly string[];
  readonly isAbsence: boolean;
}

const LISTED = /_(?:test|object|state)$/;

/**
 * An OVAL document of rpm packages (https://oval.mitre.org/language/version5.11/). Definitions come first and refer to
 * tests, which refer to objects and states that come last, so it is read twice: what definitions refer to is held, the
 * definitions are not.
 */
export async function readOval(file: OvalSource): Promise<OvalDocument> {
  const tests = new Map<string, TestReferences>();
  const objects = new Map<string, string>();
  const states = new Map<string, OvalState>();
  // Equal names and states are held once: SUSE's have a hundred tests for each.
  const same = new Map<string, OvalState>();
  let timestamp: string | null = null;
  const wanted = (name: string): boolean => name === 'generator' || LISTED.test(name);
  for await (const element of xmlRecords(file.bytes(), file.path, wanted)) {
    const id = element.attributes.get('id') ?? '';
    if (element.name === 'generator') timestamp = findChild(element, 'timestamp')?.text ?? null;
    else if (element.name.endsWith('_test')) tests.set(id, referencesOf(element));
    else if (element.name.endsWith('_object')) objects.set(id, findChild(element, 'name')?.text ?? '');
    else {
      const state = stateOf(element);
      const key = JSON.stringify(state);
      const known = same.get(key) ?? state;
      same.set(key, known);
      states.set(id, known);
    }
    if (tests.size + objects.size + states.size > OVAL_TESTS_MAX) {
      throw new Fault('limit-exceeded', `${file.path} has more than ${OVAL_TESTS_MAX} tests`, { place: file.path });
    }
  }
  return {
    timestamp,
    findTest(id) {
      const found = tests.get(id);
      if (found === undefined) return undefined;
      const known = found.states.map((state) => states.get(state));
      const complete = known.filter((state) => state !== undefined);
      // A state that is missing would make the test say more than it does.
      if (complete.length !== known.length) return undefined;
      const isRpm = found.type === 'rpminfo_test';
      const name = isRpm ? (objects.get(found.object) ?? null) : null;
      return { type: found.type, name, states: complete, isAbsence: found.isAbsence };
    },
    definitions: xmlRecords(file.bytes(), file.path, (name) => name === 'definition'),
  };
}

function referencesOf(element: XmlElement): TestReferences {
  return {
    type: element.name,
    object: findChild(element, 'object')?.attributes.get('object_ref') ?? '',
    states: childrenOf(element, 'state').map((state) => state.attributes.get('state_ref') ?? ''),
    isAbsence: [element.attributes.get('check'), element.attributes.get('check_existence')].some(
      (words) => words === 'none satisfy' || words === 'none_exist',
    ),
  };
}

function stateOf(element: XmlElement): OvalState {
  const comparison = (name: string): OvalState['evr'] => {
    const found = findChild(element, name);
    if (found === undefined) return null;
    // No version holds a space; Azure Linux has written `0: 1.20.10-1.azl3`.
    return { operation: found.attributes.get('operation') ?? 'equals', value: found.text.replace(/\s+/g, '') };
  };
  return {
    evr: comparison('evr'),
    version: comparison('version'),
    architecture: findChild(element, 'arch')?.text ?? null,
    signed: findChild(element, 'signature_keyid') !== undefined,
  };
}
