import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type WrittenEntry, writeZip } from '../../formats/zip/zip-writer.testing.ts';
import { claimsNothing, layerId, memoryFile, viewOf } from '../samples.testing.ts';
import type { JavaArchive, JavaEvidence } from './evidence.ts';
import { java } from './index.ts';
import { javaLimits } from './limits.ts';
import { manifestEntry, mavenEntry, springBootJar } from './samples.testing.ts';

function analyze(path: string, content: string | Uint8Array): ReturnType<typeof java.analyze> {
  return java.analyze(memoryFile(path, content), claimsNothing);
}

function evidenceOf(path: string, content: string | Uint8Array): JavaEvidence {
  const { evidence, problems } = analyze(path, content);
  expect(problems).toEqual([]);
  if (evidence === null) throw new Error(`no evidence of ${path}`);
  expect(java.parseEvidence(JSON.parse(JSON.stringify(evidence)))).toEqual(evidence);
  return evidence;
}

/** `path: group:artifact@version, …` of each archive of a file; `?` for an unknown group, `*` for what the archive is itself. */
function archives(path: string, content: Uint8Array): readonly string[] {
  const evidence = evidenceOf(path, content);
  return evidence.kind === 'archives' ? evidence.archives.map(show) : [];
}

function show({ path, packages }: JavaArchive): string {
  const names = packages.map(
    ({ group, artifact, version, own }) => `${own === true ? '*' : ''}${group ?? '?'}:${artifact}@${version}`,
  );
  return `${path}: ${names.join(', ')}`;
}

const reference = (name: string): string => `\${${name}}`;
const jar = (...entries: readonly WrittenEntry[]): Buffer => writeZip(entries);

describe('an archive', () => {
  it('of Spring Boot holds itself and its libraries, stored and deflated, behind a start script', () => {
    expect(archives('app/shop.jar', springBootJar)).toEqual([
      ': *com.example:shop@1.4.0',
      'BOOT-INF/lib/log4j-core-2.14.1.jar: *org.apache.logging.log4j:log4j-core@2.14.1',
      'BOOT-INF/lib/spring-core-5.3.20.jar: *org.springframework:spring-core@5.3.20',
    ]);
  });

  it('in an archive in an archive in a zip is found', () => {
    const library = jar(mavenEntry('g', 'lib', '1'));
    const war = jar({ name: 'WEB-INF/lib/lib-1.jar', content: library });
    const ear = jar({ name: 'shop.war', content: war, stored: true }, { name: 'lib/other-1.jar', content: library });
    expect(archives('opt/dist.zip', jar({ name: 'dist/app.ear', content: ear }))).toEqual([
      'dist/app.ear: ',
      'dist/app.ear!/shop.war: ',
      'dist/app.ear!/shop.war!/WEB-INF/lib/lib-1.jar: *g:lib@1',
      'dist/app.ear!/lib/other-1.jar: *g:lib@1',
    ]);
  });

  it('shaded from others is one package for each of them, and itself', () => {
    const shaded = jar(
      manifestEntry(
        'Implementation-Title: tool',
        'Implementation-Version: 3.0',
        'Implementation-Vendor-Id: com.example',
      ),
      mavenEntry('com.google.guava', 'guava', '27.1-jre'),
      mavenEntry('com.google.code.gson', 'gson', '2.7'),
    );
    expect(archives('opt/tool-3.0.jar', shaded)).toEqual([
      ': *com.example:tool@3.0, com.google.guava:guava@27.1-jre, com.google.code.gson:gson@2.7',
    ]);
    // With neither version nor pom of its own it is no package; the others are all the same.
    const unnamed = jar(
      mavenEntry('com.google.guava', 'guava', '27.1-jre'),
      mavenEntry('com.google.code.gson', 'gson', '2.7'),
    );
    expect(archives('opt/compiler.jar', unnamed)).toEqual([
      ': com.google.guava:guava@27.1-jre, com.google.code.gson:gson@2.7',
    ]);
  });

  it('that was renamed is what its only pom.properties says', () => {
    expect(archives('app/app.jar', jar(mavenEntry('com.example', 'shop', '1.4.0')))).toEqual([
      ': *com.example:shop@1.4.0',
    ]);
    expect(
      archives(
        'app/commons-collections3-3.2.2.jar',
        jar(mavenEntry('commons-collections', 'commons-collections', '3.2.2')),
      ),
    ).toEqual([': *commons-collections:commons-collections@3.2.2']);
  });

  it('with a copy of another library inside is still itself', () => {
    const bundled = jar(
      manifestEntry('Implementation-Version: 7.17.0'),
      mavenEntry('com.fasterxml.jackson.core', 'jackson-core', '2.10.4'),
    );
    expect(archives('lib/elasticsearch-x-content-7.17.0.jar', bundled)).toEqual([
      ': *org.elasticsearch:elasticsearch-x-content@7.17.0, com.fasterxml.jackson.core:jackson-core@2.10.4',
    ]);
  });

  it('takes group, artifact and version from pom.xml where there is no pom.properties, and the rest from its parent', () => {
    const pom =
      '<project><parent><groupId>g</groupId><version>2.5</version></parent><artifactId>a</artifactId></project>';
    const place = 'META-INF/maven/g/a/pom.xml';
    expect(archives('a.jar', jar({ name: place, content: pom }))).toEqual([': *g:a@2.5']);
    const open = pom.replace('2.5', reference('revision'));
    expect(archives('a.jar', jar({ name: place, content: open }))).toEqual([': ']);
    expect(archives('a-2.6.jar', jar({ name: place, content: open }))).toEqual([': *g:a@2.6']);
  });

  it('fills what pom.properties leaves open from the folder, and makes up no version', () => {
    const name = 'META-INF/maven/com.example/shop/pom.properties';
    expect(archives('x.jar', jar({ name, content: 'version=1.0' }))).toEqual([': *com.example:shop@1.0']);
    expect(archives('x.jar', jar({ name, content: `version=${reference('project.version')}` }))).toEqual([': ']);
  });

  it('of a Jenkins plugin has the plugin’s coordinates, and its libraries', () => {
    const plugin = jar(
      manifestEntry(
        'Group-Id: org.jenkins-ci.plugins',
        'Short-Name: git',
        'Plugin-Version: 4.11.3 (private-5c2)',
        'Plugin-License-Name: MIT License',
      ),
      { name: 'WEB-INF/lib/git.jar', content: jar(mavenEntry('org.jenkins-ci.plugins', 'git', '4.11.3')) },
    );
    const evidence = evidenceOf('var/jenkins_home/plugins/git.jpi', plugin);
    expect(evidence.kind === 'archives' && evidence.archives[0]?.packages).toEqual([
      { group: 'org.jenkins-ci.plugins', artifact: 'git', version: '4.11.3', licenses: ['MIT'], own: true },
    ]);
  });

  it('of NiFi has the coordinates of its manifest', () => {
    const nar = jar(manifestEntry('Nar-Group: org.apache.nifi', 'Nar-Id: nifi-standard-nar', 'Nar-Version: 1.16.0'));
    expect(archives('lib/nifi-standard-nar-1.16.0.nar', nar)).toEqual([': *org.apache.nifi:nifi-standard-nar@1.16.0']);
  });

  it('of Java itself is no package', () => {
    const runtime = jar(
      manifestEntry('Implementation-Title: Java Runtime Environment', 'Implementation-Version: 17.0.15'),
    );
    expect(archives('usr/lib/jvm/java-17/lib/jrt-fs.jar', runtime)).toEqual([': ']);
  });

  it('that nobody describes keeps its SHA-1, so that it can be looked up later', () => {
    const unknown = jar(manifestEntry('Created-By: 17'), { name: 'A.class', content: 'x' });
    const evidence = evidenceOf('lib/tool.jar', jar({ name: 'unknown-1.2.jar', content: unknown }));
    expect(evidence).toMatchObject({
      kind: 'archives',
      archives: [
        { path: '', packages: [] },
        {
          path: 'unknown-1.2.jar',
          sha1: createHash('sha1').update(unknown).digest('hex'),
          packages: [{ group: null, artifact: 'unknown', version: '1.2' }],
        },
      ],
    });
  });

  it('has the licences of its pom, or else of its manifest', () => {
    const name = 'META-INF/maven/g/a/pom.xml';
    const pom = (licenses: string): string =>
      `<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><licenses>${licenses}</licenses></project>`;
    const licensesOf = (...entries: readonly WrittenEntry[]): unknown => {
      const evidence = evidenceOf('a-1.jar', jar(...entries));
      return evidence.kind === 'archives' && evidence.archives[0]?.packages[0]?.licenses;
    };
    const manifest = manifestEntry('Bundle-License: EPL-2.0;link="https://x", "https://opensource.org/licenses/MIT"');
    expect(
      licensesOf(
        { name, content: pom('<license><name> The Apache Software\n License, Version 2.0 </name></license>') },
        manifest,
      ),
    ).toEqual(['Apache-2.0']);
    expect(
      licensesOf({ name, content: pom('<license><url>https://www.eclipse.org/legal/epl-v10.html</url></license>') }),
    ).toEqual(['EPL-1.0']);
    expect(licensesOf({ name, content: pom('') }, manifest)).toEqual(['EPL-2.0', 'MIT']);
    expect(licensesOf(manifestEntry('Bundle-License: Apache License, Version 2.0; see: https://x'))).toEqual([
      'Apache-2.0',
    ]);
  });
});

describe('a broken archive', () => {
  it('is one problem; what else lies there is reported', () => {
    const app = jar(
      { name: 'lib/a-1.jar', content: 'no archive' },
      { name: 'lib/b-1.jar', content: jar(mavenEntry('g', 'b', '1')) },
      { name: 'lib/c-1.jar', content: jar(mavenEntry('g', 'c', '1')), central: { flags: 1 } },
    );
    const { evidence, problems } = analyze('app.war', app);
    expect(problems.map(({ code, path, detail }) => `${code} ${path} ${detail}`)).toEqual([
      'unreadable app.war!/lib/a-1.jar no end-of-central-directory record',
      'unsupported app.war lib/c-1.jar: the entry is encrypted',
    ]);
    expect(evidence?.kind === 'archives' ? evidence.archives.map(show) : []).toEqual([
      ': ',
      'lib/a-1.jar: *?:a@1',
      'lib/b-1.jar: *g:b@1',
    ]);
  });

  it('with several faults is one problem', () => {
    const bad = { central: { crc: 1 }, local: { crc: 1 } };
    const { problems } = analyze(
      'x.jar',
      jar({ ...mavenEntry('g', 'a', '1'), ...bad }, { ...mavenEntry('g', 'b', '1'), ...bad }),
    );
    expect(problems.map(({ detail }) => detail)).toEqual([
      'META-INF/maven/g/a/pom.properties: its checksum is wrong (and 1 more)',
    ]);
  });

  it.each(['parity.par', 'sounds.nar', 'backup.RAR', 'log.sar'])(
    'named %s is another format and no problem',
    (path) => {
      expect(analyze(path, 'Rar!\u001a\u0007\u0000')).toEqual({ evidence: null, problems: [] });
    },
  );

  it('with an ending that others use is none without a manifest, but what lies in it counts', () => {
    const perl = jar({ name: 'META.yml', content: 'name: Foo' });
    expect(analyze('Foo-1.0.par', perl)).toEqual({ evidence: null, problems: [] });
    const holds = jar({ name: 'lib/a-1.jar', content: jar(mavenEntry('g', 'a', '1')) });
    expect(archives('karaf-1.0.kar', holds)).toEqual(['lib/a-1.jar: *g:a@1']);
  });

  it('of no bytes is none', () => {
    expect(analyze('empty.jar', '')).toEqual({ evidence: null, problems: [] });
  });

  it('that is a zip without archives says nothing', () => {
    expect(analyze('data.zip', jar({ name: 'data.txt', content: 'x' }, { name: 'more.zip', content: 'x' }))).toEqual({
      evidence: null,
      problems: [],
    });
  });

  it('that is a zip is a problem only where it holds an archive', () => {
    const wrong = { end: { entries: 9 } };
    expect(analyze('testdata/bad.zip', 'PK no archive').problems).toEqual([]);
    expect(analyze('testdata/bad.zip', writeZip([{ name: 'a.txt' }], wrong)).problems).toEqual([]);
    expect(analyze('dist.zip', writeZip([{ name: 'a.jar', content: jar() }], wrong)).problems).toHaveLength(1);
  });

  it('nested deeper than the limit is a problem there', () => {
    let nested = jar(mavenEntry('g', 'deepest', '1'));
    for (let depth = 0; depth < javaLimits.archiveDepthMax; depth++)
      nested = jar({ name: 'x.jar', content: nested, stored: true });
    const { evidence, problems } = analyze('x.jar', nested);
    expect(problems.map(({ code, path }) => `${code} ${path}`)).toEqual([
      `limit-exceeded x.jar${'!/x.jar'.repeat(javaLimits.archiveDepthMax - 1)}`,
    ]);
    expect(evidence?.kind === 'archives' && evidence.archives).toHaveLength(javaLimits.archiveDepthMax);
  });

  it('that holds itself without end is read to the limit (Syft recursed for each level)', () => {
    // A quine of a zip can't be built here; a thousand levels are as good.
    let nested = jar(mavenEntry('g', 'deepest', '1'));
    for (let depth = 0; depth < 1000; depth++) nested = jar({ name: 'x.jar', content: nested, stored: true });
    expect(analyze('x.jar', nested).problems).toHaveLength(1);
  });

  it('with problems by the thousand reports a bounded number', () => {
    const entries = Array.from({ length: javaLimits.problemsPerFileMax + 20 }, (_, index) => ({
      name: `${index}.jar`,
      content: 'x',
    }));
    const { problems } = analyze('x.war', jar(...entries));
    expect(problems).toHaveLength(javaLimits.problemsPerFileMax + 1);
    expect(problems.at(-1)?.detail).toMatch(/^20 further archives/);
  });

  it('with a manifest above the limit is a problem', () => {
    const { problems } = analyze('x.jar', jar(manifestEntry('X: '.padEnd(javaLimits.manifestBytesMax, 'y'))));
    expect(problems).toMatchObject([{ code: 'limit-exceeded' }]);
  });

  it('with control characters in names leaves none in evidence and problems', () => {
    const name = 'lib/\u001b[31mred\u0007-1.jar';
    const { evidence, problems } = analyze(
      'x.jar',
      jar({ name, content: jar() }, { name: `${name}.jar`, content: 'x' }),
    );
    expect(JSON.stringify([evidence, problems])).not.toMatch(/\\u00(?:1b|07)/);
  });
});

describe('a build file', () => {
  const testdata = (name: string): string => readFileSync(join(import.meta.dirname, 'testdata', name), 'utf8');
  const locked = (path: string, content: string): readonly string[] => {
    const evidence = evidenceOf(path, content);
    return evidence.kind === 'build'
      ? evidence.packages.map(({ name, version, dev }) => `${name}@${version}${dev ? ' dev' : ''}`)
      : [];
  };

  it('of Gradle tells what runs from tests and the compiler', () => {
    expect(locked('app/gradle.lockfile', testdata('gradle.lockfile'))).toEqual([
      'ch.qos.logback:logback-classic@1.2.11',
      'com.fasterxml.jackson.core:jackson-databind@2.13.3',
      'org.junit.jupiter:junit-jupiter@5.8.2 dev',
      'org.projectlombok:lombok@1.18.24 dev',
      'org.springframework:spring-core@5.3.20',
    ]);
  });

  it('of Gradle before version 7 is for one configuration', () => {
    expect(locked('gradle/dependency-locks/runtimeClasspath.lockfile', '# x\na:b:1\n')).toEqual(['a:b@1']);
    expect(locked('gradle/dependency-locks/testRuntimeClasspath.lockfile', 'a:b:1\n')).toEqual(['a:b@1 dev']);
  });

  it('of Gradle’s own plugins, or of another program, says nothing', () => {
    expect(analyze('app/buildscript-gradle.lockfile', 'a:b:1=classpath').evidence).toBeNull();
    expect(analyze('var/run/x.lockfile', 'pid 1')).toEqual({ evidence: null, problems: [] });
  });

  it('of Gradle that locks nothing is no problem, one of anything else is', () => {
    expect(locked('gradle.lockfile', '# comment\nempty=runtimeClasspath\n')).toEqual([]);
    expect(analyze('gradle.lockfile', 'garbage\n').problems).toMatchObject([{ code: 'unreadable' }]);
  });

  it('of sbt is read', () => {
    expect(locked('build.sbt.lock', testdata('build.sbt.lock'))).toEqual([
      'com.typesafe.akka:akka-actor_2.13@2.6.19',
      'org.scala-lang:scala-library@2.13.8',
      'org.scalatest:scalatest_2.13@3.2.12 dev',
    ]);
    for (const text of ['[]', '{}', '{"lockVersion":2,"dependencies":[]}', '{"dependencies":3}'])
      expect(analyze('build.sbt.lock', text).problems).toMatchObject([{ code: 'unreadable' }]);
  });

  it('of Maven pins what the file itself can tell, for run time', () => {
    expect(locked('app/pom.xml', testdata('pom.xml'))).toEqual([
      'org.apache.logging.log4j:log4j-core@2.14.1',
      'com.fasterxml.jackson.core:jackson-databind@2.13.3',
      'com.example:shop-api@1.4.0',
      'org.postgresql:postgresql@42.3.3',
    ]);
  });

  it.each(['', 'no markup', '<html/>', '<project/>', '<project><artifactId>a'])(
    'of Maven that is %j is a problem',
    (text) => {
      expect(analyze('pom.xml', text)).toMatchObject({ evidence: null, problems: [{ code: 'unreadable' }] });
    },
  );

  it('of Maven whose properties name each other is left open at once', () => {
    const properties = Array.from(
      { length: 60 },
      (_, index) => `<p${index}>\${p${index + 1}}\${p${index + 1}}</p${index}>`,
    ).join('');
    const loop = `<a>${reference('b')}</a><b>${reference('a')}</b>`;
    const dependency = (version: string): string =>
      `<dependency><groupId>g</groupId><artifactId>x</artifactId><version>${version}</version></dependency>`;
    const pom = `<project><artifactId>a</artifactId><properties>${properties}<p60>1</p60>${loop}</properties><dependencies>${dependency(reference('p0'))}${dependency(reference('a'))}${dependency(reference('p60'))}</dependencies></project>`;
    expect(locked('pom.xml', pom)).toEqual(['g:x@1']);
  });

  it('inside META-INF/maven is of an unpacked application', () => {
    expect(evidenceOf('app/META-INF/maven/com.example/shop/pom.properties', testdata('pom.properties'))).toEqual({
      kind: 'unpacked',
      package: { group: 'com.example', artifact: 'shop', version: '1.4.0', licenses: [], own: true },
    });
    expect(analyze('app/META-INF/maven/com.example/shop/pom.xml', testdata('pom.xml'))).toEqual({
      evidence: null,
      problems: [],
    });
    expect(analyze('app/META-INF/maven/g/a/pom.properties', '').problems).toMatchObject([{ code: 'unreadable' }]);
    expect(analyze('target/maven-archiver/pom.properties', 'version=1')).toEqual({ evidence: null, problems: [] });
  });
});

describe('the packages of an image', () => {
  const library = (version: string): JavaEvidence =>
    evidenceOf(`lib-${version}.jar`, jar(mavenEntry('g', 'lib', version)));
  const build = (text: string): JavaEvidence => evidenceOf('gradle.lockfile', text);

  it('have purl, name, place inside the file and the layer that brought the version', () => {
    const app = (version: string): JavaEvidence =>
      evidenceOf(
        'app.war',
        jar(
          { name: 'WEB-INF/lib/lib.jar', content: jar(mavenEntry('g', 'lib', version)) },
          mavenEntry('g', 'app', '1'),
        ),
      );
    const { packages } = java.resolve(viewOf<JavaEvidence>({ 'srv/app.war': [app('1'), app('2')] }));
    expect(packages).toMatchObject([
      { purl: 'pkg:maven/g/app@1', name: 'g:app', paths: ['srv/app.war'], layer: layerId(0) },
      { purl: 'pkg:maven/g/lib@2', name: 'g:lib', paths: ['srv/app.war!/WEB-INF/lib/lib.jar'], layer: layerId(1) },
    ]);
  });

  it('of unknown group have none in the purl, rather than a wrong one', () => {
    const unknown = evidenceOf('some-tool-1.2.jar', jar(manifestEntry('Implementation-Vendor: Some Company')));
    expect(java.resolve(viewOf({ 'some-tool-1.2.jar': [unknown] })).packages).toMatchObject([
      { purl: 'pkg:maven/some-tool@1.2', name: 'some-tool' },
    ]);
  });

  it('belong to the operating system’s package that owns the archive', () => {
    const { packages } = java.resolve(
      viewOf<JavaEvidence>({ 'usr/share/java/lib-1.jar': [library('1')] }, { ownerOf: () => 'liblib-java' }),
    );
    expect(packages).toMatchObject([{ ownedBy: 'liblib-java' }]);
  });

  it('of an application are direct where its pom.xml names them, and need each other as their poms say', () => {
    const evidence = evidenceOf('app/shop.jar', springBootJar);
    const { packages, relations } = java.resolve(viewOf({ 'app/shop.jar': [evidence] }));
    expect(packages.map(({ name, direct }) => [name, direct])).toEqual([
      ['com.example:shop', null],
      ['org.apache.logging.log4j:log4j-core', true],
      ['org.springframework:spring-core', true],
    ]);
    expect(relations).toEqual([
      { from: 'pkg:maven/com.example/shop@1.4.0', to: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1' },
      { from: 'pkg:maven/com.example/shop@1.4.0', to: 'pkg:maven/org.springframework/spring-core@5.3.20' },
    ]);
  });

  it('need others in the same folder, not those of other folders', () => {
    const name = 'META-INF/maven/g/a/pom.xml';
    const pom =
      '<project><groupId>g</groupId><artifactId>a</artifactId><version>1</version><dependencies><dependency><groupId>g</groupId><artifactId>lib</artifactId></dependency></dependencies></project>';
    const a = evidenceOf('a-1.jar', jar({ name, content: pom }));
    const { relations } = java.resolve(
      viewOf<JavaEvidence>({ 'x/a-1.jar': [a], 'x/lib-1.jar': [library('1')], 'y/lib-2.jar': [library('2')] }),
    );
    expect(relations).toEqual([{ from: 'pkg:maven/g/a@1', to: 'pkg:maven/g/lib@1' }]);
  });

  it('that are locked count only where nothing of the project is there', () => {
    const lock = build('g:lib:1=runtimeClasspath\ng:test:1=testRuntimeClasspath\n');
    const names = (files: { readonly [path: string]: readonly JavaEvidence[] }): readonly string[] =>
      java.resolve(viewOf<JavaEvidence>(files)).packages.map(({ purl, paths }) => `${purl} ${paths[0]}`);
    const locked = 'pkg:maven/g/lib@1 app/gradle.lockfile';
    expect(names({ 'app/gradle.lockfile': [lock] })).toEqual([locked]);
    expect(names({ 'app/gradle.lockfile': [lock], 'app/gradle/wrapper/gradle-wrapper.jar': [library('7')] })).toContain(
      locked,
    );
    expect(names({ 'app/gradle.lockfile': [lock], 'other/lib-2.jar': [library('2')] })).toContain(locked);
    expect(names({ 'app/gradle.lockfile': [lock], 'app/build/libs/app.jar': [library('2')] })).toEqual([
      'pkg:maven/g/lib@2 app/build/libs/app.jar',
    ]);
    expect(names({ 'gradle.lockfile': [lock], 'usr/lib/x.jar': [library('2')] })).toHaveLength(2);
    expect(names({ 'gradle.lockfile': [lock], 'build/libs/x.jar': [library('2')] })).toHaveLength(1);
    expect(
      names({ 'app/gradle/dependency-locks/runtimeClasspath.lockfile': [lock], 'app/app.jar': [library('2')] }),
    ).toHaveLength(1);
  });
});
