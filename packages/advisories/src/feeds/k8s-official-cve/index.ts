import type { Feed } from '../feed.ts';
import { osvItems } from '../osv.ts';

const id = 'k8s-official-cve';

/**
 * Kubernetes' own CVEs by component. The project's feed has ids and prose without versions; the vuln-list of Aqua Security holds the
 * same CVEs with the versions read out, in OSV's shape. https://kubernetes.io/docs/reference/issues-security/official-cve-feed/
 */
export const k8sOfficialCve: Feed = {
  id,
  version: 1,
  licence: 'The source states none; facts only',
  redistributable: false,
  mirror: [{ part: id, entry: id, takes: (path) => path.endsWith('.tar.zst'), extent: 'whole' }],
  fetch: (io, previous) =>
    io.download(
      [
        {
          url: 'https://codeload.github.com/aquasecurity/vuln-list-k8s/tar.gz/refs/heads/main',
          path: 'vuln-list-k8s.tar.gz',
          part: id,
          bytesMax: 32 * 1024 * 1024,
        },
      ],
      [{ id, extent: 'whole' }],
      previous,
    ),
  parse: (snapshot, signal) =>
    osvItems(
      snapshot.files,
      {
        feed: id,
        part: id,
        osvName: 'kubernetes',
        ecosystem: 'kubernetes',
        scheme: 'semver',
        normalize: (name) => name,
      },
      (path) => /\/upstream\/CVE-[^/]*\.json$/.test(path),
      signal,
    ),
};
