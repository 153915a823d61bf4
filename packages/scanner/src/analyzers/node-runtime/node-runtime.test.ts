import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import { nodeRuntime } from './index.ts';

const header = readFileSync(join(import.meta.dirname, 'testdata', 'node_version.h'), 'utf8');
const PATH = 'usr/local/include/node/node_version.h';

describe('Node.js itself', () => {
  it('is a generic package with the version of its header', () => {
    const { evidence } = nodeRuntime.analyze(memoryFile(PATH, header), claimsNothing);
    expect(nodeRuntime.resolve(viewOf({ [PATH]: [evidence, evidence] })).packages).toMatchObject([
      {
        purl: 'pkg:generic/node@20.1.0',
        type: 'generic',
        name: 'node',
        version: '20.1.0',
        layer: layerId(0),
        ownedBy: null,
      },
    ]);
  });

  it('belongs to the distribution where the header does', () => {
    const { evidence } = nodeRuntime.analyze(memoryFile(PATH, header), claimsNothing);
    const { packages } = nodeRuntime.resolve(viewOf({ [PATH]: [evidence] }, { ownerOf: () => 'libnode-dev' }));
    expect(packages).toMatchObject([{ ownedBy: 'libnode-dev' }]);
  });

  it('without all three numbers is a problem', () => {
    const { evidence, problems } = nodeRuntime.analyze(
      memoryFile(PATH, '#define NODE_MAJOR_VERSION 20\n'),
      claimsNothing,
    );
    expect(evidence).toBeNull();
    expect(problems).toMatchObject([{ code: 'unreadable' }]);
  });
});
