/**
 * The command of a layer as its author wrote it: BuildKit and the old builder wrap it in a shell call.
 * `/bin/sh -c #(nop)  CMD ["sh"]` → `CMD ["sh"]`; `/bin/sh -c apt-get update` → `RUN apt-get update`.
 */
export function layerCommand(createdBy: string): string {
  const text = createdBy.replace(/\s+# buildkit$/, '').trim();
  const nop = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(text);
  if (nop?.[1] !== undefined) return nop[1];
  const run = /^(?:RUN )?(?:\|\d+ (?:\S+=\S* )*)?\/bin\/(?:ba)?sh -c (.*)$/s.exec(text);
  return run?.[1] === undefined ? text : `RUN ${run[1].trim()}`;
}
