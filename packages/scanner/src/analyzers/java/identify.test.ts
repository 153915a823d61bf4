import { describe, expect, it } from 'vitest';
import { parseArchiveName } from './archive-name.ts';
import { identify } from './identify.ts';
import { parseManifest } from './parse-manifest.ts';
import { parseProperties } from './parse-properties.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a file name', () => {
  it.each<[string, string, string | undefined, (readonly string[])?]>([
    ['spring-core-5.3.20.jar', 'spring-core', '5.3.20'],
    ['WEB-INF/lib/guava-31.1-jre.jar', 'guava', '31.1-jre'],
    ['guava-31.1-android.jar', 'guava', '31.1-android'],
    ['app-1.0-SNAPSHOT.jar', 'app', '1.0-SNAPSHOT'],
    ['app-1.0-20240131.235959-7.jar', 'app', '1.0-20240131.235959-7'],
    ['plexus-1.0-alpha-9.jar', 'plexus', '1.0-alpha-9'],
    ['foo-2.0-rc-1.jar', 'foo', '2.0-rc-1'],
    ['hibernate-jpa-2.1-api-1.0.0.Final.jar', 'hibernate-jpa-2.1-api', '1.0.0.Final'],
    ['log4j-1.2-api-2.19.0.jar', 'log4j-1.2-api', '2.19.0'],
    ['log4j-1.2-1.2.17.jar', 'log4j-1.2', '1.2.17'],
    ['bcprov-jdk15on-1.68.jar', 'bcprov-jdk15on', '1.68'],
    ['jetty-util-9.4.20.v20190813.jar', 'jetty-util', '9.4.20.v20190813'],
    ['kafka_2.13-3.2.0.jar', 'kafka_2.13', '3.2.0'],
    ['akka-actor_2.13.jar', 'akka-actor_2.13', undefined],
    ['org.eclipse.osgi_3.18.0.v20220516-2155.jar', 'org.eclipse.osgi', '3.18.0.v20220516-2155'],
    ['netty-transport-native-epoll-4.1.77.Final-linux-x86_64.jar', 'netty-transport-native-epoll', '4.1.77.Final'],
    ['app-1.0-sources.jar', 'app', '1.0'],
    ['tool-2.1-jar-with-dependencies.jar', 'tool', '2.1'],
    ['ROOT.war', 'ROOT', undefined],
    ['7zip.jar', '7zip', undefined],
    ['x-1.2-beta-3.jar', 'x', '1.2-beta-3', ['1.2']],
    ['x-1.2-foo-3.jar', 'x', '1.2', ['1.2']],
    ['x-12.jar', 'x', '12', ['1']],
  ])('%s is %s, version %s', (path, artifact, version, stated = []) => {
    expect(parseArchiveName(path, stated)).toEqual({ artifact, version });
  });

  it.each(['.jar', 'no ending', '-.jar', 'with space-1.0.jar', `${'x'.repeat(300)}-1.jar`])(
    '%j names nothing',
    (path) => {
      expect(parseArchiveName(path)).toBeUndefined();
    },
  );
});

describe('a manifest', () => {
  it('joins lines cut at 72 bytes, inside of a character too', () => {
    const cut = Buffer.concat([
      bytes('Bundle-License: Caf'),
      Buffer.of(0xc3),
      bytes('\r\n '),
      Buffer.of(0xa9),
      bytes('\r\n'),
    ]);
    expect(parseManifest(cut).get('bundle-license')).toBe('Café');
    expect(parseManifest(bytes('Implementation-Title: a\n b\n c\n')).get('implementation-title')).toBe('abc');
  });

  it.each(['\r\n', '\n', '\r'])('ends lines with %j, and its main section at the first empty one', (end) => {
    const lines = [
      'Manifest-Version: 1.0',
      'IMPLEMENTATION-VERSION:  1.2 ',
      '',
      'Name: org/x',
      'Implementation-Version: 9',
      '',
    ];
    expect([...parseManifest(bytes(lines.join(end)))]).toEqual([['implementation-version', '1.2']]);
  });

  it.each(['', '\n', ' continues nothing', ':', 'no colon', '\u0000\u0000'])('of %j states nothing', (text) => {
    expect(parseManifest(bytes(text)).size).toBe(0);
  });

  it('keeps no control character', () => {
    expect(parseManifest(bytes('Bundle-Version: 1\u001b[31m')).get('bundle-version')).toBe('1\uFFFD[31m');
  });
});

describe('pom.properties', () => {
  it('are Java properties', () => {
    const text =
      '#c\n! c\n version = 1.0\ngroupId:com.\\\n   example\nartifactId a\\u0062c\nesc\\=aped=x\\ty\nempty\n\\';
    expect([...parseProperties(bytes(text))]).toEqual([
      ['version', '1.0'],
      ['groupId', 'com.example'],
      ['artifactId', 'abc'],
      ['esc=aped', 'x\ty'],
      ['empty', ''],
    ]);
  });
});

describe('an archive without pom', () => {
  it.each<[string, readonly string[], string | null, string, string | undefined]>([
    // Spring and other Gradle builds state no group; what is derived from a module name would be `spring`.
    [
      'spring-beans-5.3.17.jar',
      ['Implementation-Title: spring-beans', 'Automatic-Module-Name: spring.beans'],
      'org.springframework',
      'spring-beans',
      '5.3.17',
    ],
    ['spring-boot-admin-server-2.6.0.jar', [], 'de.codecentric', 'spring-boot-admin-server', '2.6.0'],
    [
      'derby-10.14.2.0.jar',
      ['Bundle-SymbolicName: derby', 'Bundle-Activator: org.apache.derby.osgi.EmbeddedActivator'],
      'org.apache.derby',
      'derby',
      '10.14.2.0',
    ],
    ['asm-9.4.jar', ['Bundle-SymbolicName: org.objectweb.asm'], 'org.ow2.asm', 'asm', '9.4'],
    [
      'catalina.jar',
      ['Bundle-SymbolicName: org.apache.tomcat-catalina', 'Implementation-Version: 9.0.65'],
      'org.apache.tomcat',
      'tomcat-catalina',
      '9.0.65',
    ],
    ['okhttp-4.9.0.jar', [], 'com.squareup.okhttp3', 'okhttp', '4.9.0'],
    ['okhttp-2.7.5.jar', [], 'com.squareup.okhttp', 'okhttp', '2.7.5'],
    // sbt
    [
      'com.typesafe.akka.akka-actor_2.13-2.6.19.jar',
      ['Implementation-Vendor-Id: com.typesafe.akka', 'Implementation-Version: 2.6.19'],
      'com.typesafe.akka',
      'akka-actor_2.13',
      '2.6.19',
    ],
    // Nebula
    [
      'x.jar',
      ['Implementation-Title: com.netflix.eureka#eureka-client;1.10.17'],
      'com.netflix.eureka',
      'eureka-client',
      '1.10.17',
    ],
    // The Maven bundle plugin, both of its forms
    [
      'jackson-core-2.13.0.jar',
      ['Bundle-SymbolicName: com.fasterxml.jackson.core.jackson-core'],
      'com.fasterxml.jackson.core',
      'jackson-core',
      '2.13.0',
    ],
    [
      'log4j-core-2.17.0.jar',
      ['Bundle-SymbolicName: org.apache.logging.log4j.core'],
      'org.apache.logging.log4j',
      'log4j-core',
      '2.17.0',
    ],
    [
      'commons-lang3-3.9.jar',
      ['Automatic-Module-Name: org.apache.commons.lang3'],
      'org.apache.commons',
      'commons-lang3',
      '3.9',
    ],
    ['osgi-3.24.0.jar', ['Bundle-SymbolicName: org.eclipse.osgi; singleton:=true'], null, 'osgi', '3.24.0'],
    // A company is no group, a sentence no artifact, a commit no version
    [
      'thing-1.0.jar',
      ['Implementation-Vendor-Id: org.apache', 'Implementation-Vendor: Some Company'],
      null,
      'thing',
      '1.0',
    ],
    [
      'thing.jar',
      ['Implementation-Title: The Great Thing', 'Implementation-Version: @project.version@'],
      null,
      'thing',
      undefined,
    ],
    ['thing.jar', ['Implementation-Version: 1.0 (build 7)', 'Bundle-Version: 1.0.0'], null, 'thing', '1.0.0'],
    // The file name has the published version, manifests another spelling
    [
      'kotlin-stdlib-1.6.21.jar',
      ['Implementation-Version: 1.6.21-release-334(1.6.21)'],
      'org.jetbrains.kotlin',
      'kotlin-stdlib',
      '1.6.21',
    ],
    ['app-1.2.3-SNAPSHOT.jar', ['Bundle-Version: 1.2.3.SNAPSHOT'], null, 'app', '1.2.3-SNAPSHOT'],
  ])('%s', (path, lines, group, artifact, version) => {
    expect(identify(path, parseManifest(bytes(`${lines.join('\n')}\n`)))).toEqual({ group, artifact, version });
  });
});
