import type { AgentReading } from '@hullcheck/contract';
import { Fault, type LayerReport } from '@hullcheck/core';
import { parseLayerReport } from '@hullcheck/scanner';
import { hashSecret, newSecret } from '../auth/secrets.ts';
import { lockFailures, recordFailure } from '../store/accounts.ts';
import { createEnrollment, enroll, holdAgents } from '../store/agents.ts';
import { findWaiting, isAsked, requestAssessment, resumeWaiting } from '../store/assessments.ts';
import { type AuditEntry, recordAudit } from '../store/audit.ts';
import type { Database, Transaction } from '../store/database.ts';
import { writeAgentReading } from '../store/host-reports.ts';
import { differingLayers, hasLayerReports, knownLayers, saveLayerReport } from '../store/layers.ts';
import { READ_AGAIN } from '../store/queue-priority.ts';
import { differInLayers, type RaisedAlarm } from '../store/reading-alarms.ts';
import { endCheck, findCheck, isConfirmed } from '../store/reading-checks.ts';
import { consoleDomain } from '../store/scope.ts';
import { agentReportLimits } from './limits.ts';
import { alarm } from './reading-alarms.ts';
import { refuseTooMany, type Window } from './sign-in.ts';

/** A token that one agent may exchange for its own key. It is shown once; only its hash is kept. */
export async function makeEnrollment(
  transaction: Transaction,
  options: {
    readonly scopeId: string;
    readonly createdBy: string;
    readonly local: boolean;
    readonly nodes: boolean;
  },
): Promise<{ readonly token: string; readonly expiresAt: Date }> {
  const token = newSecret('enrollment');
  const expiresAt = await createEnrollment(transaction, { ...options, secretHash: hashSecret(token) });
  return { token, expiresAt };
}

export interface EnrollLimits {
  readonly perAddress: Window;
  readonly all: Window;
}

export async function enrollAgent(
  database: Database,
  limits: EnrollLimits,
  body: { readonly token: string; readonly name: string; readonly version: string },
  address: string,
): Promise<{ readonly agentId: string; readonly key: string }> {
  const key = newSecret('agent-key');
  const enrolling = { action: 'agent.enroll', address };
  const agent = await database.write(async (transaction) => {
    const made = await enroll(transaction, hashSecret(body.token), {
      name: body.name,
      version: body.version,
      keyHash: hashSecret(key),
    });
    if (made !== undefined)
      await recordAudit(transaction, { ...enrolling, actor: `agent:${made.name}`, target: made.id, outcome: 'ok' });
    return made;
  });
  if (agent === undefined) {
    await refuseEnrollment(database, limits, { address, target: null });
    throw new Fault('unauthenticated', 'this enrolment token is wrong, was used or has ended', {
      hint: 'Make another one in the console.',
    });
  }
  return { agentId: agent.id, key };
}

/** Anybody may send a token that is wrong, and what is audited is written by all one after another. */
export async function refuseEnrollment(
  database: Database,
  limits: EnrollLimits,
  refusal: Pick<AuditEntry, 'target' | 'detail'> & { readonly address: string },
): Promise<void> {
  const { address } = refusal;
  const subjects = [
    { subject: `enroll:address:${address}`, ...limits.perAddress },
    { subject: 'enroll:all', ...limits.all },
  ];
  const names = subjects.map(({ subject }) => subject);
  await database.write(async (transaction) => {
    await lockFailures(transaction, names);
    await refuseTooMany(transaction, subjects);
    await recordFailure(transaction, names);
    await recordAudit(transaction, { ...refusal, action: 'agent.enroll', actor: 'anonymous', outcome: 'refused' });
  });
}

/** Which layers the agent need not read: the console read them itself, or has this agent's own reading by the same readers. */
export async function layersKnown(
  database: Database,
  agentId: string,
  diffIds: readonly string[],
  readers: { readonly [id: string]: number },
): Promise<readonly string[]> {
  const own = await knownLayers(database, agentId, diffIds, readers);
  const console = await knownLayers(database, consoleDomain, diffIds, readers);
  return [...new Set([...own, ...console])].sort();
}

/**
 * Keeps what the agent read of one layer, in its own trust domain: it answers only where the console can't read itself. One that is
 * asked for nothing has room for a few: else it could fill the database, and raise an alarm at every layer that others have. Which
 * layers an image has the console often knows only from whom it asks; an agent whose image came from elsewhere meanwhile is told so,
 * and goes on. Answers the alarms that it raised.
 */
export async function takeLayer(database: Database, agentId: string, body: unknown): Promise<readonly RaisedAlarm[]> {
  if (
    !(await isAsked(database, agentId)) &&
    (await hasLayerReports(database, agentId, agentReportLimits.unaskedLayersMax))
  )
    throw new Fault('not-found', 'nobody asks this agent for an image now', { place: 'body' });
  const report: LayerReport | undefined = parseLayerReport(withKnownProblems(body));
  if (report === undefined) throw new Fault('invalid-input', 'this is no layer report', { place: 'body' });
  return await database.write(async (transaction) => {
    await holdAgent(transaction, agentId);
    await saveLayerReport(transaction, agentId, report);
    return await alarm(transaction, { diffIds: [report.diffId] });
  });
}

/** A request may have begun before the agent was revoked and end after. */
async function holdAgent(transaction: Transaction, agentId: string): Promise<void> {
  if (!(await holdAgents(transaction, [agentId]))) throw new Fault('unauthenticated', 'this agent was revoked');
}

/** Problem codes of a newer agent than this console: the problem stays, its kind is lost. */
function withKnownProblems(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || !('problems' in body) || !Array.isArray(body.problems)) return body;
  if (parseLayerReport(body) !== undefined) return body;
  const problems = body.problems.map((problem: unknown) =>
    typeof problem === 'object' && problem !== null ? { ...problem, code: 'unreadable' } : problem,
  );
  return { ...body, problems };
}

/** Answers the alarms that it raised. */
export async function takeReading(
  database: Database,
  agentId: string,
  reading: AgentReading,
): Promise<readonly RaisedAlarm[]> {
  return await database.write(async (transaction) => {
    await holdAgent(transaction, agentId);
    const waiting = await findWaiting(transaction, agentId, reading.imageKey, reading.attempt);
    if (waiting === undefined) return await takeSecondReading(transaction, agentId, reading);
    await writeAgentReading(transaction, waiting.imageId, agentId, reading);
    await resumeWaiting(transaction, waiting.id);
    return await alarm(transaction, { diffIds: [], imageId: waiting.imageId });
  });
}

/** The answer of a holder that was asked because another one had read the image: what they say is compared. */
async function takeSecondReading(
  transaction: Transaction,
  agentId: string,
  reading: AgentReading,
): Promise<readonly RaisedAlarm[]> {
  const imageId = await findCheck(transaction, agentId, reading.imageKey, reading.attempt);
  if (imageId === undefined) throw notAsked(reading.imageKey);
  await writeAgentReading(transaction, imageId, agentId, reading);
  const diffIds = reading.layers.flatMap(({ diffId, empty }) => (empty || diffId === null ? [] : diffId));
  const raised = await alarm(transaction, { diffIds, imageId });
  const differs =
    (await differInLayers(transaction, imageId)) || (await differingLayers(transaction, diffIds)).length > 0;
  const outcome = differs ? 'differs' : (await isConfirmed(transaction, imageId)) ? 'confirmed' : 'failed';
  await endCheck(transaction, imageId, outcome);
  // This reading may be the better one: of newer readers, or of what the other one hid.
  if (outcome !== 'confirmed') await requestAssessment(transaction, imageId, { priority: READ_AGAIN });
  return raised;
}

export async function takeFailedReading(
  database: Database,
  agent: { readonly id: string; readonly name: string },
  failed: { readonly imageKey: string; readonly attempt: string; readonly code: string; readonly detail: string },
): Promise<void> {
  const { imageKey, attempt } = failed;
  await database.write(async (transaction) => {
    const waiting = await findWaiting(transaction, agent.id, imageKey, attempt);
    // Nobody waits for it any more: then nothing failed.
    if (waiting !== undefined) await resumeWaiting(transaction, waiting.id, sentenceOfFailure(agent.name, failed));
    const checked = await findCheck(transaction, agent.id, imageKey, attempt);
    if (checked !== undefined) await endCheck(transaction, checked, 'failed');
  });
}

const detailMax = 300;

/** One line of an agent's words: it stands among the console's own. */
export function sentenceOfFailure(
  name: string,
  { code, detail }: { readonly code: string; readonly detail: string },
): string {
  const line = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  const said = line(detail).replace(/\.+$/, '');
  const bounded = said.length > detailMax ? `${said.slice(0, detailMax)}…` : said;
  return `Agent ${line(name)} could not read it: ${bounded === '' ? line(code) : `${bounded} (${line(code)})`}.`;
}

function notAsked(imageKey: string): Fault {
  return new Fault('not-found', 'nobody asked this agent for this image, or the attempt has ended', {
    place: imageKey,
  });
}
