import type { ArchiveName } from './archive-name.ts';

/** Projects of Maven's first years, whose group is the artifact's name, in archives that Ant built. */
const COMMONS =
  'beanutils cli codec collections configuration dbcp digester discovery el fileupload httpclient io jxpath lang logging net pool validator vfs';
const OLD_STYLE: readonly string[] = [
  'ant-contrib',
  'aopalliance',
  'classworlds',
  'oro',
  ...COMMONS.split(' ').map((name) => `commons-${name}`),
];

/**
 * Groups of projects that are not built with Maven, so that their archives carry no pom.properties and their manifests no group. A group
 * that a scanner derives from a package or bundle name is wrong for most of them: no advisory names `org.objectweb:asm`. A
 * prefix ends in `*`; the first that fits counts.
 */
const GROUPS: readonly (readonly [artifact: string, group: string])[] = [
  ['spring-boot-admin*', 'de.codecentric'],
  ['spring-boot*', 'org.springframework.boot'],
  ['spring-security-oauth2', 'org.springframework.security.oauth'],
  ['spring-security-*', 'org.springframework.security'],
  ['spring-data-*', 'org.springframework.data'],
  ['spring-cloud-*', 'org.springframework.cloud'],
  ['spring-session-*', 'org.springframework.session'],
  ['spring-batch-*', 'org.springframework.batch'],
  ['spring-integration-*', 'org.springframework.integration'],
  ['spring-kafka*', 'org.springframework.kafka'],
  ['spring-amqp', 'org.springframework.amqp'],
  ['spring-rabbit*', 'org.springframework.amqp'],
  ['spring-ldap-*', 'org.springframework.ldap'],
  ['spring-hateoas', 'org.springframework.hateoas'],
  ['spring-graphql', 'org.springframework.graphql'],
  ['spring-retry', 'org.springframework.retry'],
  ...[
    'aop',
    'aspects',
    'beans',
    'context',
    'context-indexer',
    'context-support',
    'core',
    'core-test',
    'expression',
  ].map(spring),
  ...['instrument', 'jcl', 'jdbc', 'jms', 'messaging', 'orm', 'oxm', 'r2dbc', 'test', 'tx', 'web', 'webflux'].map(
    spring,
  ),
  ...['webmvc', 'webmvc-portlet', 'websocket'].map(spring),
  ['reactor-netty*', 'io.projectreactor.netty'],
  ['reactor-core', 'io.projectreactor'],
  ['reactor-kotlin-extensions', 'io.projectreactor.kotlin'],
  ['micrometer-*', 'io.micrometer'],
  ['okio*', 'com.squareup.okio'],
  ['kotlin-stdlib*', 'org.jetbrains.kotlin'],
  ['kotlin-reflect', 'org.jetbrains.kotlin'],
  ['kotlinx-*', 'org.jetbrains.kotlinx'],
  ['elasticsearch-rest-client*', 'org.elasticsearch.client'],
  ['elasticsearch-rest-high-level-client', 'org.elasticsearch.client'],
  ['elasticsearch', 'org.elasticsearch'],
  ['elasticsearch-core', 'org.elasticsearch'],
  ['elasticsearch-x-content', 'org.elasticsearch'],
  ['opensearch', 'org.opensearch'],
  ['opensearch-core', 'org.opensearch'],
  ['lucene-*', 'org.apache.lucene'],
  ['solr-core', 'org.apache.solr'],
  ['solr-solrj*', 'org.apache.solr'],
  ['kafka-clients', 'org.apache.kafka'],
  ['kafka-streams*', 'org.apache.kafka'],
  ['kafka_2.*', 'org.apache.kafka'],
  ['connect-runtime', 'org.apache.kafka'],
  ['apache-cassandra', 'org.apache.cassandra'],
  ['tomcat-embed-*', 'org.apache.tomcat.embed'],
  ['tomcat-annotations-api', 'org.apache.tomcat'],
  ['tomcat-*', 'org.apache.tomcat'],
  ...OLD_STYLE.map((name) => [name, name] as const),
  ['ant', 'org.apache.ant'],
  ['ant-launcher', 'org.apache.ant'],
  ['ant-junit*', 'org.apache.ant'],
  ['ivy', 'org.apache.ivy'],
  ['derby*', 'org.apache.derby'],
  ['velocity', 'org.apache.velocity'],
  ['xercesImpl', 'xerces'],
  ['xalan', 'xalan'],
  ['serializer', 'xalan'],
  ['xml-apis', 'xml-apis'],
  ['bcprov-*', 'org.bouncycastle'],
  ['bcpkix-*', 'org.bouncycastle'],
  ['bcutil-*', 'org.bouncycastle'],
  ['bctls-*', 'org.bouncycastle'],
  ['bcpg-*', 'org.bouncycastle'],
  ['bcmail-*', 'org.bouncycastle'],
  ['bc-fips', 'org.bouncycastle'],
  ...['asm', 'asm-analysis', 'asm-commons', 'asm-tree', 'asm-util'].map((name) => [name, 'org.ow2.asm'] as const),
  ['h2', 'com.h2database'],
  ['hsqldb', 'org.hsqldb'],
  ['mysql-connector-java', 'mysql'],
  ['mysql-connector-j', 'com.mysql'],
  ['ojdbc*', 'com.oracle.database.jdbc'],
  ['mssql-jdbc', 'com.microsoft.sqlserver'],
  ['grpc-*', 'io.grpc'],
  ['protobuf-java*', 'com.google.protobuf'],
  ['freemarker', 'org.freemarker'],
  ['jcommander', 'com.beust'],
  ['testng', 'org.testng'],
  ['junit', 'junit'],
  ['junit-jupiter-*', 'org.junit.jupiter'],
  ['junit-platform-*', 'org.junit.platform'],
  ['hamcrest*', 'org.hamcrest'],
  ['dom4j', 'org.dom4j'],
  ['jdom2', 'org.jdom'],
  ['c3p0', 'com.mchange'],
  ['ehcache', 'org.ehcache'],
  ['cglib*', 'cglib'],
  ['rhino', 'org.mozilla'],
  ['guice', 'com.google.inject'],
  ['caffeine', 'com.github.ben-manes.caffeine'],
  ['json-smart', 'net.minidev'],
  ['json-path', 'com.jayway.jsonpath'],
  ['mongodb-driver*', 'org.mongodb'],
  ['bson', 'org.mongodb'],
];

function spring(module: string): readonly [string, string] {
  return [`spring-${module}`, 'org.springframework'];
}

/** Projects that changed their group: the first version of the later one. */
const LATER: readonly {
  readonly artifact: RegExp;
  readonly from: number;
  readonly before: string;
  readonly group: string;
}[] = [
  {
    artifact: /^(?:okhttp|okhttp-.+|logging-interceptor|mockwebserver)$/,
    from: 3,
    before: 'com.squareup.okhttp',
    group: 'com.squareup.okhttp3',
  },
  { artifact: /^retrofit$/, from: 2, before: 'com.squareup.retrofit', group: 'com.squareup.retrofit2' },
  { artifact: /^groovy(?:-[a-z]+)*$/, from: 4, before: 'org.codehaus.groovy', group: 'org.apache.groovy' },
  { artifact: /^rxjava$/, from: 3, before: 'io.reactivex.rxjava2', group: 'io.reactivex.rxjava3' },
  { artifact: /^dom4j$/, from: 2, before: 'dom4j', group: 'org.dom4j' },
  { artifact: /^ehcache$/, from: 3, before: 'net.sf.ehcache', group: 'org.ehcache' },
];

const exact = new Map(GROUPS.filter(([artifact]) => !artifact.endsWith('*')));
const prefixes = GROUPS.filter(([artifact]) => artifact.endsWith('*')).map(
  ([artifact, group]) => [artifact.slice(0, -1), group] as const,
);

export function findKnownGroup({ artifact, version }: ArchiveName): string | undefined {
  const later = LATER.find((entry) => entry.artifact.test(artifact));
  if (later !== undefined) {
    const major = Number.parseInt(version ?? '', 10);
    return Number.isNaN(major) ? undefined : major < later.from ? later.before : later.group;
  }
  return exact.get(artifact) ?? prefixes.find(([prefix]) => artifact.startsWith(prefix))?.[1];
}
