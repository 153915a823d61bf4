/** Small well-formed documents, each saying that log4j-core 2.14.1 in this image is not affected by CVE-2021-44228. */
export const openVexSample = {
  '@context': 'https://openvex.dev/ns/v0.2.0',
  '@id': 'https://example.org/vex/1',
  author: 'Example',
  timestamp: '2026-01-01T00:00:00Z',
  version: 1,
  statements: [
    {
      vulnerability: {
        '@id': 'https://nvd.nist.gov/vuln/detail/CVE-2021-44228',
        name: 'CVE-2021-44228',
        aliases: ['GHSA-jfh8-c2jp-5v3q'],
      },
      products: [
        {
          '@id': 'pkg:oci/app?repository_url=registry.example.org/team/app',
          subcomponents: [{ '@id': 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1' }],
        },
      ],
      status: 'not_affected',
      justification: 'vulnerable_code_not_in_execute_path',
      impact_statement: 'Lookups are off.',
    },
  ],
};

export const cycloneDxSample = {
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  serialNumber: 'urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79',
  version: 1,
  metadata: { timestamp: '2026-01-01T00:00:00Z' },
  components: [
    {
      type: 'library',
      name: 'log4j-core',
      version: '2.14.1',
      'bom-ref': 'log4j',
      purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1',
    },
  ],
  vulnerabilities: [
    {
      id: 'CVE-2021-44228',
      references: [{ id: 'GHSA-jfh8-c2jp-5v3q', source: { name: 'GitHub' } }],
      analysis: { state: 'not_affected', justification: 'code_not_reachable', detail: 'Lookups are off.' },
      affects: [{ ref: 'log4j' }],
    },
  ],
};

export const csafSample = {
  document: {
    category: 'csaf_vex',
    csaf_version: '2.0',
    title: 'Log4Shell in App',
    publisher: { category: 'vendor', name: 'Example', namespace: 'https://example.org' },
    tracking: {
      current_release_date: '2026-01-01T00:00:00Z',
      id: 'EX-1',
      initial_release_date: '2026-01-01T00:00:00Z',
      revision_history: [{ date: '2026-01-01T00:00:00Z', number: '1', summary: 'First' }],
      status: 'final',
      version: '1',
    },
  },
  product_tree: {
    branches: [
      {
        category: 'vendor',
        name: 'Example',
        branches: [
          {
            category: 'product_version',
            name: '1',
            product: {
              name: 'App 1',
              product_id: 'APP-1',
              product_identification_helper: { purl: 'pkg:oci/app?repository_url=registry.example.org/team/app' },
            },
          },
          {
            category: 'product_version',
            name: '2.14.1',
            product: {
              name: 'log4j-core 2.14.1',
              product_id: 'LOG4J',
              product_identification_helper: { purl: 'pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1' },
            },
          },
        ],
      },
    ],
    relationships: [
      {
        category: 'default_component_of',
        product_reference: 'LOG4J',
        relates_to_product_reference: 'APP-1',
        full_product_name: { name: 'log4j in App', product_id: 'APP-1:LOG4J' },
      },
    ],
  },
  vulnerabilities: [
    {
      cve: 'CVE-2021-44228',
      ids: [{ system_name: 'GitHub', text: 'GHSA-jfh8-c2jp-5v3q' }],
      product_status: { known_not_affected: ['APP-1:LOG4J'] },
      flags: [{ label: 'vulnerable_code_not_in_execute_path', product_ids: ['APP-1:LOG4J'] }],
      threats: [{ category: 'impact', details: 'Lookups are off.', product_ids: ['APP-1:LOG4J'] }],
    },
  ],
};
