import { languageMatcher } from '../language-matcher.ts';

/**
 * Components of Kubernetes, under the module that each is built from: `pkg:k8s/k8s.io%2Fkubelet`, as inventories of clusters name
 * them, or the program's own name.
 */
export const kubernetes = languageMatcher('kubernetes', 1, (pkg) => {
  if (pkg.type === 'k8s') return pkg.name;
  return pkg.type === 'generic' ? (PROGRAMS.get(pkg.name) ?? null) : null;
});

const PROGRAMS: ReadonlyMap<string, string> = new Map([
  ['kube-apiserver', 'k8s.io/apiserver'],
  ['kube-controller-manager', 'k8s.io/controller-manager'],
  ['kube-proxy', 'k8s.io/kube-proxy'],
  ['kubectl', 'k8s.io/kubectl'],
  ['kubelet', 'k8s.io/kubelet'],
]);
