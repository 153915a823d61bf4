import { join } from 'node:path';
import { type AnalyzerSample, samplesIn } from '../samples.testing.ts';

/**
 * uv.lock, poetry.lock and Pipfile.lock are what these tools made of the manifests beside them; pylock.toml and requirements.txt are
 * uv's exports. poetry-1.lock has no groups, as Poetry 1.5 to 1.8 wrote it. tools/oracles/python-locks.sh asks them what is in it.
 */
export const samples: readonly AnalyzerSample[] = samplesIn(join(import.meta.dirname, 'testdata'), {
  METADATA: 'site-packages/x.dist-info/METADATA',
  'PKG-INFO': 'site-packages/x.egg-info/PKG-INFO',
  'requires.txt': 'site-packages/x.egg-info/requires.txt',
  Pipfile: 'srv/pipenv/Pipfile',
  'Pipfile.lock': 'srv/pipenv/Pipfile.lock',
  'pdm.lock': 'srv/pdm/pdm.lock',
  'pdm-pyproject.toml': 'srv/pdm/pyproject.toml',
  'poetry.lock': 'srv/poetry/poetry.lock',
  'poetry-1.lock': 'srv/poetry/poetry.lock',
  'poetry-pyproject.toml': 'srv/poetry/pyproject.toml',
  'pylock.toml': 'srv/pylock/pylock.toml',
  'requirements.txt': 'srv/pip/requirements.txt',
  'uv.lock': 'srv/uv/uv.lock',
});
