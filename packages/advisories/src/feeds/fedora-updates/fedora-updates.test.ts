import { expect, test } from 'vitest';
import { itemsOf, linesOf } from '../test-items.ts';
import { fedoraUpdates } from './index.ts';

// In the form of Fedora's repositories, which name CVEs in the titles of bug reports only.
const update = (id: string, type: string, references: string, more = '') => `<update type="${type}" status="stable">
<id>${id}</id><title>libxml2-2.12.10-1.fc42</title><issued date="2025-03-29 12:00:00"/><severity>Moderate</severity>
<references>${references}</references><pkglist><collection short="F42">${more}
<package name="libxml2" version="2.12.10" release="1.fc42" epoch="0" arch="x86_64" src="l.src.rpm"/>
<package name="libxml2" version="2.12.10" release="1.fc42" epoch="0" arch="src" src="l.src.rpm"/>
<package name="libxml2-java" version="17.0.14" release="1.fc42" epoch="1" arch="noarch"/>
<package name="broken" version="1 2" release="1"/></collection></pkglist></update>`;
const bug = (title: string) =>
  `<reference type="bugzilla" id="1" href="https://bugzilla.redhat.com/1" title="${title}"/>`;

test('a security update fixes the CVEs that its bug reports name', async () => {
  const text = `<updates>${update('FEDORA-2025-1', 'bugfix', bug('CVE-2024-1111 no'))}
${update('FEDORA-2025-2', 'security', bug('CVE-2024-56171 libxml2: Use-After-Free [fedora-42]') + bug('CVE-2025-24928'))}
${update('FEDORA-2025-3', 'security', bug('no flaw'))}
${update('FEDORA-2025-4', 'security', bug('CVE-2025-1234'), '<module name="nodejs" stream="20" version="1" context="c" arch="x86_64"/>')}
</updates>`;
  expect(linesOf(await itemsOf(fedoraUpdates, { 'fedora-42.xml': text }))).toEqual([
    'FEDORA-2025-2 CVE-2024-56171 CVE-2025-24928',
    'fedora:42 binary libxml2 moderate ..2.12.10-1.fc42',
    'fedora:42 binary libxml2-java moderate ..1:17.0.14-1.fc42',
    'skipped FEDORA-2025-3: names no CVE',
    'FEDORA-2025-4 CVE-2025-1234',
    'fedora:42 nodejs:20 binary libxml2 moderate ..2.12.10-1.fc42',
    'fedora:42 nodejs:20 binary libxml2-java moderate ..1:17.0.14-1.fc42',
  ]);
});
