import type { Matchable } from './matcher.ts';

/**
 * What a package built from the kernel's source holds where it holds no kernel: its headers, or programs beside it.
 * Null for everything else, the kernel itself and its modules included.
 */
export function kernelPartOf(pkg: Matchable): 'headers' | 'tools' | null {
  const names = NAMES.get(pkg.type);
  if (names === undefined || !names.source.test(pkg.source?.name ?? pkg.name)) return null;
  if (names.headers.test(pkg.name)) return 'headers';
  return names.tools.test(pkg.name) ? 'tools' : null;
}

interface Names {
  /** Sources that the kernel's advisories name; a package of another source is none of the kernel's. */
  readonly source: RegExp;
  readonly headers: RegExp;
  readonly tools: RegExp;
}

/**
 * Debian and Ubuntu: `linux-libc-dev`, `linux-headers-6.1.0-18-amd64`, `linux-aws-6.5-headers-6.5.0-1014`. Red Hat and its kin:
 * `kernel-headers`, `kernel-devel`, `kernel-rt-devel`, `kernel-uek-devel`; SUSE `kernel-default-devel`; Photon `linux-esx-devel`,
 * `linux-api-headers`. Alpine: `linux-headers`, `linux-lts-dev`. Arch: `linux-zen-headers`. In all of them the longer names are of other
 * things: `linux-image-…`, `kernel-core`, `kernel-modules`.
 */
const NAMES: ReadonlyMap<string, Names> = new Map([
  [
    'deb',
    {
      source: /^linux(?:-|$)/,
      headers: /^linux-(?:libc-dev|(?:[a-z0-9.-]+-)?headers-.+)/,
      tools:
        /^(?:bpftool|cpupower|hyperv-daemons|libcpupower.*|linux-cpupower|linux-doc.*|linux-kbuild-.+|linux-perf.*|linux-(?:[a-z0-9.-]+-)?tools-.+|rtla|usbip)$/,
    },
  ],
  [
    'rpm',
    {
      source: /^(?:kernel|linux)(?:-|$)/,
      headers:
        /^(?:kernel(?:-[a-z0-9]+)*-(?:headers|devel)(?:-matched)?|kernel-macros|linux-(?:[a-z0-9]+-)?devel|linux-(?:api-)?headers|linux-glibc-devel)$/,
      tools:
        /^(?:bpftool|kernel(?:-[a-z0-9]+)*-doc|kernel(?:-[a-z0-9]+)*-tools(?:-libs)?|linux-tools|perf|python3?-perf|rtla|rv)$/,
    },
  ],
  [
    'apk',
    {
      source: /^linux-(?:asahi|edge|elm|headers|lts|openpax|rpi|stable|starfive|virt)$/,
      headers: /^linux-(?:headers|[a-z]+-dev)$/,
      tools: /^linux-[a-z]+-doc$/,
    },
  ],
  [
    'alpm',
    {
      source: /^linux(?:-[a-z]+)*$/,
      headers: /^linux(?:-[a-z]+)*-headers$/,
      tools: /^linux(?:-[a-z]+)*-docs$/,
    },
  ],
]);
