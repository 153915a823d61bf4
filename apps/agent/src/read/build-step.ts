/**
 * The step that made a layer, as an image's history tells it, without values of variables: `ENV` and `ARG` often hold
 * passwords, and an agent sends no value of an environment anywhere. What a command itself spells out is not known.
 *
 * Shapes: `ENV A=x`, `/bin/sh -c #(nop)  ENV A=x`, and a command run with two build arguments, `RUN |2 A=x B=y /bin/sh -c make`.
 * Values may hold spaces and `=`, so everything after the first name goes.
 */
export function withoutBuildValues(step: string): string {
  const variable = /^((?:\/bin\/sh -c #\(nop\)\s+)?(?:ENV|ARG)\s+[^\s=]+)([\s=])/.exec(step);
  if (variable !== null) return `${variable[1]}${variable[2]}…`;
  const count = /^(?:RUN )?\|\d+ /.exec(step)?.[0];
  if (count === undefined) return step;
  const command = step.indexOf(' /bin/sh -c ', count.length);
  return `${count}…${command === -1 ? '' : step.slice(command)}`;
}
