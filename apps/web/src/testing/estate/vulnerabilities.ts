import type { FindingRow } from '@hullcheck/contract';

/** Real vulnerabilities with their real ids, packages and fixed versions, so that pages are judged with what they will show. */
export interface KnownVulnerability {
  readonly id: string;
  readonly kind: 'deb11' | 'deb12' | 'apk' | 'npm' | 'pypi' | 'golang';
  readonly source: string;
  readonly binaries: readonly string[];
  readonly version: string;
  readonly fixed: string | null;
  readonly words: string;
  readonly cvss: number;
  readonly epss: number | null;
  readonly exploit: FindingRow['exploit'];
  readonly kev: boolean;
  readonly published: string;
  readonly status?: FindingRow['status'];
}

type Line = readonly [
  id: string,
  kind: KnownVulnerability['kind'],
  source: string,
  binaries: string,
  version: string,
  fixed: string | null,
  words: string,
  cvss: number,
  epss: number | null,
  threat: 'none' | 'poc' | 'weaponized' | 'kev',
  published: string,
  status?: FindingRow['status'],
];

// biome-ignore format: a table is read by its rows
const lines: readonly Line[] = [
  ['CVE-2023-4911', 'deb11', 'glibc', 'libc6 libc-bin', '2.31-13+deb11u5', '2.31-13+deb11u7', 'buffer overflow', 7.8, 0.6421, 'kev', '2023-10-03'],
  ['CVE-2024-2961', 'deb11', 'glibc', 'libc6 libc-bin', '2.31-13+deb11u5', '2.31-13+deb11u9', 'out-of-bounds write', 7.3, 0.9187, 'weaponized', '2024-04-17'],
  ['CVE-2022-0778', 'deb11', 'openssl', 'libssl1.1 openssl', '1.1.1k-1+deb11u1', '1.1.1k-1+deb11u2', 'endless loop', 7.5, 0.0682, 'poc', '2022-03-15'],
  ['CVE-2022-2068', 'deb11', 'openssl', 'libssl1.1 openssl', '1.1.1k-1+deb11u1', '1.1.1n-0+deb11u3', 'command injection', 9.8, 0.0451, 'none', '2022-06-21'],
  ['CVE-2023-0286', 'deb11', 'openssl', 'libssl1.1 openssl', '1.1.1k-1+deb11u1', '1.1.1n-0+deb11u4', 'type confusion', 7.4, 0.8712, 'none', '2023-02-08'],
  ['CVE-2024-5535', 'deb11', 'openssl', 'libssl1.1 openssl', '1.1.1k-1+deb11u1', '1.1.1w-0+deb11u2', 'out-of-bounds read', 9.1, 0.0574, 'none', '2024-06-27'],
  ['CVE-2022-37434', 'deb11', 'zlib', 'zlib1g', '1:1.2.11.dfsg-2', '1:1.2.11.dfsg-2+deb11u2', 'buffer overflow', 9.8, 0.9219, 'poc', '2022-08-05'],
  ['CVE-2018-25032', 'deb11', 'zlib', 'zlib1g', '1:1.2.11.dfsg-2', '1:1.2.11.dfsg-2+deb11u1', 'memory corruption', 7.5, 0.0013, 'none', '2022-03-25'],
  ['CVE-2023-45853', 'deb11', 'zlib', 'zlib1g', '1:1.2.11.dfsg-2', null, 'integer overflow', 9.8, 0.0112, 'none', '2023-10-14', 'will-not-fix'],
  ['CVE-2022-25235', 'deb11', 'expat', 'libexpat1', '2.2.10-2', '2.2.10-2+deb11u2', 'missing input validation', 9.8, 0.1046, 'none', '2022-02-16'],
  ['CVE-2022-40674', 'deb11', 'expat', 'libexpat1', '2.2.10-2', '2.2.10-2+deb11u4', 'use after free', 8.1, 0.0187, 'none', '2022-09-14'],
  ['CVE-2024-45491', 'deb11', 'expat', 'libexpat1', '2.2.10-2', '2.2.10-2+deb11u6', 'integer overflow', 9.8, 0.0044, 'none', '2024-08-30'],
  ['CVE-2022-1271', 'deb11', 'xz-utils', 'liblzma5', '5.2.5-2', '5.2.5-2.1~deb11u1', 'arbitrary file write', 8.8, 0.0291, 'none', '2022-08-31'],
  ['CVE-2022-1271', 'deb11', 'gzip', 'gzip', '1.10-4', '1.10-4+deb11u1', 'arbitrary file write', 8.8, 0.0291, 'none', '2022-08-31'],
  ['CVE-2022-47629', 'deb11', 'libksba', 'libksba8', '1.5.0-3', '1.5.0-3+deb11u2', 'integer overflow', 9.8, 0.0196, 'none', '2022-12-20'],
  ['CVE-2023-38545', 'deb11', 'curl', 'curl libcurl4', '7.74.0-1.3+deb11u1', '7.74.0-1.3+deb11u10', 'heap overflow', 9.8, 0.2634, 'poc', '2023-10-18'],
  ['CVE-2023-23916', 'deb11', 'curl', 'curl libcurl4', '7.74.0-1.3+deb11u1', '7.74.0-1.3+deb11u7', 'unbounded allocation', 6.5, 0.0018, 'none', '2023-02-23'],
  ['CVE-2022-42898', 'deb11', 'krb5', 'libkrb5-3 libgssapi-krb5-2 libk5crypto3', '1.18.3-6+deb11u1', '1.18.3-6+deb11u3', 'integer overflow', 8.8, 0.0412, 'none', '2022-12-25'],
  ['CVE-2024-37371', 'deb11', 'krb5', 'libkrb5-3 libgssapi-krb5-2 libk5crypto3', '1.18.3-6+deb11u1', '1.18.3-6+deb11u5', 'out-of-bounds read', 9.1, 0.0089, 'none', '2024-06-28'],
  ['CVE-2021-46848', 'deb11', 'libtasn1-6', 'libtasn1-6', '4.16.0-2', '4.16.0-2+deb11u1', 'off-by-one error', 9.1, 0.0075, 'none', '2022-10-24'],
  ['CVE-2022-29458', 'deb11', 'ncurses', 'libncursesw6 libtinfo6', '6.2+20201114-2', '6.2+20201114-2+deb11u1', 'out-of-bounds read', 7.1, 0.0006, 'none', '2022-04-18'],
  ['CVE-2023-31484', 'deb11', 'perl', 'perl-base', '5.32.1-4+deb11u2', '5.32.1-4+deb11u4', 'missing certificate check', 8.1, 0.0131, 'none', '2023-04-29'],
  ['CVE-2019-8457', 'deb11', 'db5.3', 'libdb5.3', '5.3.28+dfsg1-0.8', null, 'out-of-bounds read', 9.8, 0.0201, 'none', '2019-05-30', 'affected'],
  ['CVE-2011-3374', 'deb11', 'apt', 'apt libapt-pkg6.0', '2.2.4', null, 'missing signature check', 3.7, 0.0133, 'none', '2019-11-26', 'will-not-fix'],
  ['CVE-2005-2541', 'deb11', 'tar', 'tar', '1.34+dfsg-1', null, 'unsafe handling of setuid files', 10, 0.0302, 'none', '2005-08-10', 'will-not-fix'],
  ['CVE-2024-3094', 'deb12', 'xz-utils', 'liblzma5', '5.4.1-0.2', null, 'malicious code', 10, 0.8421, 'poc', '2024-03-29', 'not-affected'],
  ['CVE-2023-44487', 'deb12', 'nghttp2', 'libnghttp2-14', '1.52.0-1', '1.52.0-1+deb12u1', 'uncontrolled resource consumption', 7.5, 0.9441, 'kev', '2023-10-10'],
  ['CVE-2023-4863', 'deb12', 'libwebp', 'libwebp7', '1.2.4-0.2', '1.2.4-0.2+deb12u1', 'heap overflow', 8.8, 0.9356, 'kev', '2023-09-12'],
  ['CVE-2024-6387', 'deb12', 'openssh', 'openssh-client', '1:9.2p1-2+deb12u2', '1:9.2p1-2+deb12u3', 'race condition', 8.1, 0.5874, 'poc', '2024-07-01'],
  ['CVE-2023-52425', 'deb12', 'expat', 'libexpat1', '2.5.0-1', '2.5.0-1+deb12u1', 'uncontrolled resource consumption', 7.5, 0.0093, 'none', '2024-02-04'],
  ['CVE-2023-45853', 'deb12', 'zlib', 'zlib1g', '1:1.2.13.dfsg-1', null, 'integer overflow', 9.8, 0.0112, 'none', '2023-10-14', 'will-not-fix'],
  ['CVE-2024-33599', 'deb12', 'glibc', 'libc6 libc-bin', '2.36-9+deb12u4', '2.36-9+deb12u7', 'stack overflow', 8.1, 0.0044, 'none', '2024-05-06'],
  ['CVE-2022-28391', 'apk', 'busybox', 'busybox ssl_client', '1.34.1-r3', '1.34.1-r5', 'terminal escape injection', 8.8, 0.0347, 'none', '2022-04-03'],
  ['CVE-2022-37434', 'apk', 'zlib', 'zlib', '1.2.11-r3', '1.2.12-r2', 'buffer overflow', 9.8, 0.9219, 'poc', '2022-08-05'],
  ['CVE-2022-0778', 'apk', 'openssl', 'libssl1.1 libcrypto1.1', '1.1.1l-r7', '1.1.1n-r0', 'endless loop', 7.5, 0.0682, 'poc', '2022-03-15'],
  ['CVE-2021-44906', 'npm', 'minimist', 'minimist', '1.2.5', '1.2.6', 'prototype pollution', 9.8, 0.0128, 'none', '2022-03-17'],
  ['CVE-2021-23337', 'npm', 'lodash', 'lodash', '4.17.20', '4.17.21', 'command injection', 7.2, 0.0123, 'poc', '2021-02-15'],
  ['CVE-2022-46175', 'npm', 'json5', 'json5', '1.0.1', '1.0.2', 'prototype pollution', 8.8, 0.0095, 'none', '2022-12-24'],
  ['CVE-2024-29041', 'npm', 'express', 'express', '4.17.1', '4.19.2', 'open redirect', 6.1, 0.0006, 'none', '2024-03-25'],
  ['CVE-2022-24999', 'npm', 'qs', 'qs', '6.7.0', '6.7.3', 'prototype pollution', 7.5, 0.0133, 'none', '2022-11-26'],
  ['CVE-2023-43804', 'pypi', 'urllib3', 'urllib3', '1.26.9', '1.26.17', 'credential leak on redirect', 8.1, 0.0042, 'none', '2023-10-04'],
  ['CVE-2023-32681', 'pypi', 'requests', 'requests', '2.27.1', '2.31.0', 'credential leak on redirect', 6.1, 0.0587, 'none', '2023-05-26'],
  ['CVE-2024-22195', 'pypi', 'jinja2', 'jinja2', '3.0.3', '3.1.3', 'cross-site scripting', 6.1, 0.0011, 'none', '2024-01-11'],
  ['CVE-2023-50447', 'pypi', 'pillow', 'pillow', '9.2.0', '10.2.0', 'code execution', 8.1, 0.0114, 'none', '2024-01-19'],
  ['CVE-2023-44487', 'golang', 'golang.org/x/net', 'golang.org/x/net', 'v0.7.0', 'v0.17.0', 'uncontrolled resource consumption', 7.5, 0.9441, 'kev', '2023-10-10'],
  ['CVE-2024-45337', 'golang', 'golang.org/x/crypto', 'golang.org/x/crypto', 'v0.14.0', 'v0.31.0', 'authorisation bypass', 9.1, 0.2907, 'poc', '2024-12-11'],
  ['CVE-2023-48795', 'golang', 'golang.org/x/crypto', 'golang.org/x/crypto', 'v0.14.0', 'v0.17.0', 'missing integrity check', 5.9, 0.6324, 'poc', '2023-12-18'],
];

export const knownVulnerabilities: readonly KnownVulnerability[] = lines.map(
  ([id, kind, source, binaries, version, fixed, words, cvss, epss, threat, published, status]) => ({
    id,
    kind,
    source,
    binaries: binaries.split(' '),
    version,
    fixed,
    words,
    cvss,
    epss,
    exploit: threat === 'kev' ? 'attacked' : threat,
    kev: threat === 'kev',
    published,
    ...(status === undefined ? {} : { status }),
  }),
);
