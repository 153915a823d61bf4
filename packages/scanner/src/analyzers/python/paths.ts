import { folderOf } from '../image-path.ts';

/** Folders of a project that describe how it is developed, not what runs. */
const DEVELOPMENT_FOLDERS = new Set(
  'test tests testing testdata fixtures doc docs example examples sample samples benchmark benchmarks'.split(' '),
);
const DEVELOPMENT_NAME =
  /(?:^|[-_.])(?:dev|devel|develop|development|test|tests|testing|lint|linting|doc|docs|ci|build|typing|mypy)(?=[-_.])/i;

/**
 * Whether a lock file at the path says nothing of a project of the image: it came with an installed package, or lies with a
 * project's tests and documentation (`app/docs/requirements.txt`; `docs/requirements.txt` at the root is a project named so).
 */
export function describesNoProject(path: string): boolean {
  if (/(?:^|\/)(?:site-packages|dist-packages|node_modules)\//.test(path) || path.startsWith('usr/share/doc/'))
    return true;
  return folderOf(path)
    .split('/')
    .slice(1)
    .some((segment) => DEVELOPMENT_FOLDERS.has(segment.toLowerCase()));
}

/** `requirements-dev.txt`, `test_requirements.txt`. */
export function isForDevelopment(path: string): boolean {
  return DEVELOPMENT_NAME.test(path.slice(path.lastIndexOf('/') + 1));
}

/** The folder that Python imports a distribution from, by the path of one of its metadata files. */
export function siteOf(path: string): string {
  if (path.endsWith('.egg-info')) return folderOf(path);
  const holder = folderOf(folderOf(path));
  return holder.endsWith('.egg') ? folderOf(holder) : holder;
}
