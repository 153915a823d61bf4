import type { ImageAdvice } from '../../advice/advice.ts';
import type { Report, SupportNote } from '../../assessment.ts';
import type { Finding } from '../../finding.ts';
import type { Executables, Package } from '../../package.ts';
import type { ReportFormat } from '../format.ts';
import { printableJson } from '../printable.ts';

/** The whole report. Its fields and their order are a promise: they may be added to, never renamed. */
export const json: ReportFormat = {
  id: 'json',
  mediaType: 'application/json',
  fileExtension: 'json',
  *render(report) {
    const members = Object.entries(inOrder(report));
    for (const [at, [key, value]] of members.entries()) {
      yield `${at === 0 ? '{\n' : ',\n'}  ${printableJson(key)}: `;
      if (Array.isArray(value)) yield* arrayLines(value);
      else yield indented(value, '  ');
    }
    yield '\n}\n';
  },
};

/** Element by element: half a million findings are more text than one string can hold. */
function* arrayLines(elements: readonly unknown[]): Generator<string> {
  for (const [at, element] of elements.entries()) yield `${at === 0 ? '[\n' : ',\n'}    ${indented(element, '    ')}`;
  yield elements.length === 0 ? '[]' : '\n  ]';
}

/** JSON's own line breaks only: those in texts are escaped. */
function indented(value: unknown, indent: string): string {
  return printableJson(value).replaceAll('\n', `\n${indent}`);
}

/** Key by key, so that a report out of a database, in whatever order it was kept, gives the same bytes. */
function inOrder(report: Report) {
  const { tool, database, image, assessment, summary, risk } = report;
  return {
    schemaVersion: report.schemaVersion,
    tool: { name: tool.name, version: tool.version },
    database:
      database === null
        ? null
        : {
            revision: database.revision,
            builtAt: database.builtAt,
            sources: database.sources.map(({ id, updatedAt }) => ({ id, updatedAt })),
          },
    image: imageInOrder(image),
    assessment: {
      state: assessment.state,
      problems: assessment.problems.map(({ code, path, layer, detail }) => ({ code, path, layer, detail })),
      coverage: assessment.coverage.map(({ ecosystem, source, updatedAt, extent }) => ({
        ecosystem,
        source,
        updatedAt,
        extent,
      })),
      readBy: assessment.readBy,
      ...(assessment.support === undefined ? {} : { support: assessment.support.map(supportInOrder) }),
      ...(assessment.confidence === undefined
        ? {}
        : { confidence: { executables: executablesInOrder(assessment.confidence.executables) } }),
    },
    packages: report.packages.map(packageInOrder),
    ...(report.relations === undefined ? {} : { relations: report.relations.map(({ from, to }) => ({ from, to })) }),
    findings: report.findings.map(findingInOrder),
    ignored: report.ignored.map(({ finding, reason, source }) => ({
      finding: findingInOrder(finding),
      reason,
      source,
    })),
    summary: {
      critical: summary.critical,
      severe: summary.severe,
      moderate: summary.moderate,
      total: summary.total,
      fixable: summary.fixable,
      exploitable: summary.exploitable,
      ignored: summary.ignored,
      severity: {
        critical: summary.severity.critical,
        high: summary.severity.high,
        medium: summary.severity.medium,
        low: summary.severity.low,
        negligible: summary.severity.negligible,
        unknown: summary.severity.unknown,
      },
    },
    risk: { score: risk.score, total: risk.total, model: risk.model },
    ...(report.advice === undefined ? {} : { advice: adviceInOrder(report.advice) }),
  } satisfies Report;
}

function supportInOrder(note: SupportNote): SupportNote {
  return {
    purl: note.purl,
    name: note.name,
    version: note.version,
    status: note.status,
    since: note.since,
    subject: note.subject,
    extendedUntil: note.extendedUntil,
    reference: note.reference,
  };
}

function adviceInOrder({ updates, remedies, releaseEnded }: ImageAdvice): ImageAdvice {
  return {
    updates: updates.map(({ name, type, by, packages, purls, from, to, findings, worst, leaves }) => ({
      name,
      type,
      by,
      packages,
      purls,
      from,
      to,
      findings,
      worst,
      leaves,
    })),
    remedies: {
      packageManager: remedies.packageManager,
      update: remedies.update,
      newBase: remedies.newBase,
      noFix: remedies.noFix,
      unclear: remedies.unclear,
    },
    releaseEnded,
  };
}

function executablesInOrder(executables: Executables | null): Executables | null {
  if (executables === null) return null;
  const { files, bytes, unclaimed } = executables;
  return {
    files,
    bytes,
    unclaimed: {
      files: unclaimed.files,
      bytes: unclaimed.bytes,
      largest: unclaimed.largest.map(({ path, bytes: size }) => ({ path, bytes: size })),
    },
  };
}

function imageInOrder(image: Report['image']): Report['image'] {
  return {
    id: image.id,
    name: image.name,
    source: image.source,
    digests: image.digests.map(({ kind, digest, repository }) => ({ kind, digest, repository })),
    tags: image.tags,
    platform: image.platform,
    created: image.created,
    size: image.size,
    os:
      image.os === null
        ? null
        : {
            id: image.os.id,
            version: image.os.version,
            name: image.os.name,
            endOfLife: image.os.endOfLife,
            extendedEndOfLife: image.os.extendedEndOfLife ?? null,
          },
    layers: image.layers.map(({ diffId, digest, size, createdBy, empty }) => ({
      diffId,
      digest,
      size,
      createdBy,
      empty,
    })),
  };
}

function packageInOrder(pkg: Package): Package {
  return {
    purl: pkg.purl,
    type: pkg.type,
    name: pkg.name,
    version: pkg.version,
    architecture: pkg.architecture,
    source: pkg.source === null ? null : { name: pkg.source.name, version: pkg.source.version },
    distribution: pkg.distribution === null ? null : { id: pkg.distribution.id, release: pkg.distribution.release },
    licenses: pkg.licenses,
    layer: pkg.layer,
    paths: pkg.paths,
    direct: pkg.direct,
    ownedBy: pkg.ownedBy,
    analyzer: pkg.analyzer,
    ...(pkg.module === undefined ? {} : { module: pkg.module }),
    ...(pkg.cpes === undefined ? {} : { cpes: pkg.cpes }),
  };
}

function findingInOrder(finding: Finding): Finding {
  const { cvss, evidence, ssvc } = finding;
  return {
    id: finding.id,
    aliases: finding.aliases,
    title: finding.title,
    categories: finding.categories,
    references: finding.references.map(({ source, url }) => ({ source, url })),
    severity: finding.severity,
    ...(finding.severitySource === undefined ? {} : { severitySource: finding.severitySource }),
    rating: finding.rating,
    cvss: cvss === null ? null : { score: cvss.score, vector: cvss.vector, source: cvss.source },
    status: finding.status,
    fixedIn: finding.fixedIn,
    package: { purl: finding.package.purl, name: finding.package.name, version: finding.package.version },
    layer: finding.layer,
    published: finding.published,
    kev: finding.kev,
    epss: finding.epss,
    exploit: finding.exploit,
    ...(ssvc === undefined
      ? {}
      : {
          ssvc: {
            exploitation: ssvc.exploitation,
            automatable: ssvc.automatable,
            technicalImpact: ssvc.technicalImpact,
          },
        }),
    risk: finding.risk,
    explanation: finding.explanation,
    ...(finding.support === undefined
      ? {}
      : {
          support: {
            status: finding.support.status,
            since: finding.support.since,
            subject: finding.support.subject,
          },
        }),
    evidence: {
      rule: evidence.rule,
      range: evidence.range,
      compared: evidence.compared,
      via: evidence.via,
      advisories: evidence.advisories.map(({ feed, id }) => ({ feed, id })),
      ...(evidence.disagreeing === undefined
        ? {}
        : { disagreeing: evidence.disagreeing.map(({ feed, id, says }) => ({ feed, id, says })) }),
      ...(evidence.state === undefined ? {} : { state: evidence.state }),
      ...(evidence.confidence === undefined
        ? {}
        : { confidence: { level: evidence.confidence.level, reason: evidence.confidence.reason } }),
      ...(evidence.vex === undefined ? {} : { vex: vexInOrder(evidence.vex) }),
    },
    ...(finding.setAside === undefined
      ? {}
      : { setAside: { kind: finding.setAside.kind, reason: finding.setAside.reason } }),
  };
}

function vexInOrder({ status, justification, note, source }: NonNullable<Finding['evidence']['vex']>) {
  return { status, justification, note, source };
}
