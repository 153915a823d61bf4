import { shortDigest } from '../design/foreign-text.ts';

interface Named {
  readonly registry: string | null;
  readonly repository: string | null;
  readonly digest: string | null;
}

/** `nginx` for Docker Hub's own, `shop/checkout`, `registry.corp.example/base/node`; a digest where there is no name. */
export function imageName({ registry, repository, digest }: Named): string {
  if (repository === null) return digest === null ? 'image without a name' : shortDigest(digest);
  if (registry === null || registry === 'docker.io') return repository.replace(/^library\//, '');
  return `${registry}/${repository}`;
}
